import { createDatabase, installedVersion, startPostgres, type StartOptions } from "@thedata/dev-postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Catalog, findDrift, fingerprint, readCatalog, readCatalogInTransaction } from "@thedata/catalog";
import type { Query } from "../src/postgres/connection.ts";
import { driftKinds, newerKinds, schema } from "./drift-kinds.ts";
import { scopeOf } from "../src/ledger/catalog-scope.ts";
import { defaultLedger } from "../src/ledger/tables.ts";

interface Server {
  readonly dsn: string;
  readonly stop: () => Promise<void>;
  readonly client: pg.Client;
  readonly query: Query;
  readonly base: Catalog;
}

async function openServer(options: StartOptions): Promise<Server> {
  const { dsn, stop } = await startPostgres(options);
  const { client, query } = await open(await createDatabase(dsn));
  await client.query(
    "do $$ begin create role drift_reader; create role drift_owner; exception when duplicate_object then null; end $$",
  );
  await client.query(schema);
  return { dsn, stop, client, query, base: await readCatalog(query, scopeOf(defaultLedger)) };
}

async function open(dsn: string): Promise<{ client: pg.Client; query: Query }> {
  const client = new pg.Client(dsn);
  client.on("error", () => {});
  await client.connect();
  return { client, query: async (sql, parameters) => (await client.query(sql, parameters?.slice())).rows as never };
}

const fingerprints = new Map<string, string>();

const embedded = ([15, 16, 17, 18] as const).map(
  (version) => [`PostgreSQL ${version}`, version, { version, source: "embedded" }] as const,
);
const installed = installedVersion();
// Debian's server is not PostgreSQL's own to the letter: 15.20 keeps options of its own on each column.
const own = [["the installed PostgreSQL", installed ?? 0, { source: "installed" }] as const];

describe.each([...embedded, ...(installed === undefined ? [] : own)])("drift on %s", (name, version, options) => {
  let server: Server;

  beforeAll(async () => {
    server = await openServer(options);
  });
  afterAll(async () => {
    await server.client.end();
    await server.stop();
  });

  /** Makes changes by hand, in a transaction that is rolled back; reads what `read` gives in it. */
  async function change<Result>(sql: string, look: (catalog: Catalog) => Promise<Result>): Promise<Result> {
    await server.client.query("begin");
    try {
      await server.client.query(sql);
      return await look(await readCatalogInTransaction(server.query, scopeOf(defaultLedger)));
    } finally {
      await server.client.query("rollback");
    }
  }

  it("reports none on an untouched database, however often it looks", async () => {
    expect(findDrift(server.base, await readCatalog(server.query, scopeOf(defaultLedger)))).toEqual([]);
  });

  it("gives the same fingerprint on every version", () => {
    fingerprints.set(name, fingerprint(server.base));
    expect(new Set(fingerprints.values()).size).toBe(1);
  });

  it.each([...driftKinds, ...(version >= 18 ? newerKinds : [])])(
    "finds, names and mends: %s",
    async (_, sql, ...messages) => {
      await change(sql, async (catalog) => {
        const drift = findDrift(server.base, catalog, "in the live database");
        expect(drift.map(({ message }) => message).join("\n")).toBe(messages.join("\n"));
        const statements = drift.flatMap((one) => one.statements);
        if (statements.some((statement) => statement.startsWith("--"))) return;
        for (const statement of statements) await server.client.query(statement);
        const mended = await readCatalogInTransaction(server.query, scopeOf(defaultLedger));
        expect(findDrift(server.base, mended)).toEqual([]);
        expect(fingerprint(mended)).toBe(fingerprint(server.base));
      });
    },
  );

  it("takes a materialized view that was filled for no drift, and one that was emptied for one", async () => {
    await change("refresh materialized view roles with no data", async (empty) => {
      await server.client.query("refresh materialized view roles");
      expect(findDrift(empty, await readCatalogInTransaction(server.query, scopeOf(defaultLedger)))).toEqual([]);
      expect(findDrift(server.base, empty)).toMatchObject([{ statements: ["refresh materialized view public.roles"] }]);
    });
  });

  it("makes the whole schema in an empty database, and takes it away again", async () => {
    const { client, query } = await open(await createDatabase(server.dsn));
    const empty = await readCatalog(query, scopeOf(defaultLedger));
    for (const { statements } of findDrift(server.base, empty)) for (const sql of statements) await client.query(sql);
    expect(findDrift(server.base, await readCatalog(query, scopeOf(defaultLedger)))).toEqual([]);
    for (const { statements } of findDrift(empty, server.base)) for (const sql of statements) await client.query(sql);
    expect(await readCatalog(query, scopeOf(defaultLedger))).toEqual([]);
    await client.end();
  });
});
