import pg from "pg";
import { countNames } from "./migrations.ts";
import type { Peer, Project } from "./peer.ts";

/** Throws unless the database has exactly the tables, indexes and ledger rows of the first `applied` migrations. */
export async function prove(peer: Peer, { dsn }: Project, applied: number): Promise<void> {
  const client = new pg.Client(dsn);
  await client.connect();
  try {
    const { sql, value } = peer.ledger(applied);
    expectEqual(peer, "tables", await first(client, tables), String(applied));
    expectEqual(peer, "indexes", await first(client, indexes), String(applied));
    expectEqual(peer, "ledger", await first(client, sql), value);
  } finally {
    await client.end();
  }
}

/** Throws unless a peer's list has as many names as it must. */
export function proveList(peer: Peer, output: string, applied: number): void {
  expectEqual(peer, "listed names", String(countNames(output)), String(peer.listed?.(applied) ?? applied));
}

const tables = `select count(*) from pg_tables where schemaname = 'public' and tablename ~ '^work_\\d{5}$'`;
const indexes = `select count(*) from pg_indexes where schemaname = 'public' and indexname ~ '^work_\\d{5}_created_at$'`;

async function first(client: pg.Client, sql: string): Promise<string> {
  const { rows } = await client.query<unknown[]>({ text: sql, rowMode: "array" });
  return String(rows[0]?.[0]);
}

function expectEqual({ label }: Peer, what: string, found: string, expected: string): void {
  if (found !== expected) throw new Error(`${label} did not do its work: ${what}: ${found} instead of ${expected}`);
}
