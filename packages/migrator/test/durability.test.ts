import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startPostgres } from "@thedata/dev-postgres";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { baseline } from "../src/commands/baseline.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { readStatus } from "../src/commands/status.ts";
import { repair } from "../src/commands/repair.ts";
import { waitForHead } from "../src/commands/wait.ts";
import { addFiles, contextOf, folderOf } from "./support.ts";

// A server of its own, which leaves commits that nobody waits for in memory for as long as PostgreSQL can.
let server: Awaited<ReturnType<typeof startPostgres>>;
let client: pg.Client;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), "migrator-durability-"));
  server = await startPostgres({ source: "embedded", dataDir });
  client = new pg.Client({ connectionString: server.dsn });
  await client.connect();
  await client.query("alter system set wal_writer_delay = '10s'");
  await client.query("select pg_reload_conf()");
});

afterAll(async () => {
  await client.end();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Records something as a run does that is killed before its last commit; gives where it ends in the log. */
async function recordWithoutWaiting(): Promise<string> {
  await client.query("set synchronous_commit = off");
  await client.query("insert into mikro_orm_migrations_audit (action, migration) values ('applied', 'M1')");
  const { rows } = await client.query<{ lsn: string; flushed: boolean }>(
    "select pg_current_wal_insert_lsn() as lsn, pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn() as flushed",
  );
  expect(rows[0]?.flushed).toBe(false);
  return rows[0]?.lsn ?? "";
}

async function isFlushed(lsn: string): Promise<boolean> {
  const { rows } = await client.query("select pg_current_wal_flush_lsn() >= $1::pg_lsn as flushed", [lsn]);
  return rows[0].flushed as boolean;
}

it.each([
  ["up, with nothing to do,", async (context: ReturnType<typeof contextOf>) => (await up(context)).outcome, "nothing"],
  [
    "down, with nothing to do,",
    async (context: ReturnType<typeof contextOf>) => (await down(context)).outcome,
    "nothing",
  ],
  ["status", async (context: ReturnType<typeof contextOf>) => (await readStatus(context)).state, "current"],
  ["wait", async (context: ReturnType<typeof contextOf>) => (await waitForHead(context, 0, () => {})).state, "current"],
])("%s says so only when what another run recorded is on the disk", async (name, command, answer) => {
  await client.query("drop schema public cascade; create schema public");
  const context = contextOf(server.dsn, await folderOf({ M1: { up: ["select 1"], down: ["select 1"] } }));
  await up(context);
  if (name.startsWith("down")) await down(context);
  const lsn = await recordWithoutWaiting();
  expect(await command(context)).toBe(answer);
  expect(await isFlushed(lsn)).toBe(true);
});

it.each([
  ["may only read", "alter role reader set default_transaction_read_only = on"],
  [
    "may write no message to the log",
    `do $$ declare f regprocedure; begin
       for f in select oid from pg_proc where proname = 'pg_logical_emit_message' loop
         execute format('revoke execute on function %s from public', f);
       end loop;
     end $$`,
  ],
])("status by a role that %s says current only of what is on the disk", async (_, limit) => {
  await client.query("drop schema public cascade; create schema public");
  const directory = await folderOf({ M1: { up: ["select 1"], down: ["select 1"] } });
  await up(contextOf(server.dsn, directory));
  await client.query("drop role if exists reader; create role reader login password 'reader'");
  await client.query("grant usage on schema public to reader; grant select on all tables in schema public to reader");
  await client.query(limit);
  await client.query("alter system set wal_writer_delay = '2s'");
  await client.query("select pg_reload_conf()");
  const lsn = await recordWithoutWaiting();
  const dsn = new URL(server.dsn);
  [dsn.username, dsn.password] = ["reader", "reader"];
  const { state, problems } = await readStatus(contextOf(dsn.href, directory));
  expect({ state, problems }).toEqual({ state: "current", problems: [] });
  expect(await isFlushed(lsn)).toBe(true);
});

it.each([
  ["repair", async (context: ReturnType<typeof contextOf>) => void (await repair(context, ["M2"], { as: "reverted" }))],
  [
    "repair of an edited migration",
    async (context: ReturnType<typeof contextOf>) => void (await repair(context, ["M1"])),
  ],
  [
    "baseline",
    async (context: ReturnType<typeof contextOf>) =>
      void (await baseline(context, { at: "M1", shadow: { servers: [server.dsn] } })),
  ],
])("%s waits for the disk where its database does not", async (name, command) => {
  await client.query("drop schema public cascade; create schema public");
  await client.query("alter database postgres set synchronous_commit = off");
  const folder = await folderOf({ M1: { up: ["select 1"], down: ["select 1"] } });
  const context = contextOf(server.dsn, folder);
  if (name !== "baseline") await up(context);
  if (name === "repair") {
    await addFiles(folder, { M2: { transactional: false, up: ["select 1", "select 1/0"] } });
    await up(context);
  } else if (name !== "baseline") await addFiles(folder, { M1: { up: ["select 2"], down: ["select 1"] } });
  await command(context);
  const { rows: flushes } = await client.query("select pg_current_wal_flush_lsn() as lsn");
  await client.query("alter database postgres reset synchronous_commit");
  // The page knows the last record that changed it; the server's own records come behind, and nobody waits for them.
  await client.query("create extension if not exists pageinspect");
  const page = "page_header(get_raw_page('mikro_orm_migrations_audit', 0))";
  const { rows } = await client.query(`select $1::pg_lsn > lsn as flushed from ${page}`, [flushes[0].lsn]);
  expect(rows[0].flushed).toBe(true);
});
