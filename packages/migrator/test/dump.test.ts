import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createDatabase, startPostgres } from "@thedata/dev-postgres";
import pg from "pg";
import { expect, it, onTestFinished } from "vitest";
import { findDrift, fingerprint, readCatalog } from "@thedata/catalog";
import { schema } from "./drift-kinds.ts";
import { scopeOf } from "../src/ledger/catalog-scope.ts";
import { defaultLedger } from "../src/ledger/tables.ts";

const execute = promisify(execFile);

// For instance "docker run --rm --network host postgres:18 pg_dump".
const [program = "", ...before] = (process.env["PG_DUMP"] ?? "pg_dump").split(" ");
const pgDump = async (...options: string[]) => await execute(program, [...before, ...options], { maxBuffer: 1e8 });

/** Major version of pg_dump; 0 where there is none. */
const version = await pgDump("--version").then(
  ({ stdout }) => Number(/(\d+)/.exec(stdout)?.[1] ?? 0),
  () => 0,
);
// pg_dump dumps servers up to its own version.
const server = ([18, 17, 16, 15] as const).find((one) => one <= version);

async function open(dsn: string) {
  const client = new pg.Client(dsn);
  await client.connect();
  onTestFinished(async () => await client.end());
  return {
    client,
    read: async () =>
      await readCatalog(
        async (sql, values) => (await client.query(sql, values?.slice())).rows as never,
        scopeOf(defaultLedger),
      ),
  };
}

it.skipIf(server === undefined)("a schema that was dumped and restored has the fingerprint that it had", async () => {
  const postgres = await startPostgres({ version: server ?? 18, source: "embedded" });
  onTestFinished(async () => await postgres.stop());
  const [original, copy] = [await createDatabase(postgres.dsn), await createDatabase(postgres.dsn)];
  const [one, other] = [await open(original), await open(copy)];
  await one.client.query("create role drift_reader; create role drift_owner");
  await one.client.query(schema);
  const { stdout } = await pgDump("--inserts", "--dbname", original);
  // psql's own commands are no SQL.
  await other.client.query(stdout.replaceAll(/^\\.*$/gm, "").replace(/^CREATE SCHEMA public;$/m, ""));
  await other.client.query("reset all");
  const [before, after] = [await one.read(), await other.read()];
  expect(findDrift(before, after)).toEqual([]);
  expect(fingerprint(after)).toBe(fingerprint(before));
});
