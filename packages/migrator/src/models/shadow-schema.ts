import { type Catalog, readCatalogInTransaction } from "@thedata/catalog";
import type { Kept } from "./keep.ts";
import type { OpenModels } from "./open-models.ts";
import type { Query } from "../postgres/connection.ts";
import { inTransaction } from "../postgres/transaction.ts";
import { refuseModels } from "./models-refused.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";
import type { LedgerTable } from "../ledger/tables.ts";
import { readTypeChange, sendTypeChange, waysToChange } from "./type-change.ts";

/** The shadow database after the history's replay, and the open models. */
export interface ShadowSchema {
  readonly query: Query;
  readonly ledger: LedgerTable;
  readonly models: OpenModels;
  /** What stays although the models do not map it; default: nothing. */
  readonly kept?: Kept | undefined;
}

/** Sends statements and commits them; returns them as PostgreSQL accepted them. */
export async function apply({ query }: ShadowSchema, statements: readonly string[]): Promise<string[]> {
  return await inTransaction({ query }, async () => await sendAll(query, statements));
}

/** Reads the current catalog, inside an open transaction. */
export async function look({ query, ledger }: ShadowSchema): Promise<Catalog> {
  return await readCatalogInTransaction(query, scopeOf(ledger));
}

/**
 * Sends statements inside an open transaction; returns them as PostgreSQL accepted them. Throws a `ModelsRefusedError`
 * where it accepts no variant of one.
 */
export async function sendAll(query: Query, statements: readonly string[]): Promise<string[]> {
  const sent: string[] = [];
  for (const statement of statements) sent.push(...(await sendOne(query, statement, sent.at(-1))));
  return sent;
}

async function sendOne(query: Query, statement: string, before: string | undefined): Promise<readonly string[]> {
  const change = readTypeChange(statement);
  let refusal = new Error();
  for (const way of change ? waysToChange(change) : waysOf(statement)) {
    await query("savepoint statement");
    try {
      const sent = change ? await sendTypeChange(query, change, way, before) : await sendWay(query, way);
      await query("release savepoint statement");
      return sent;
    } catch (error) {
      refusal = error as Error;
      await query("rollback to savepoint statement");
    }
  }
  throw await refuseModels(query, statement, refusal);
}

async function sendWay(query: Query, way: readonly string[]): Promise<readonly string[]> {
  for (const sql of way) await query(sql);
  return way;
}

/** The variants of a MikroORM statement, the best first. */
function waysOf(statement: string): readonly (readonly string[])[] {
  const table = /^drop table if exists (\S+) cascade$/.exec(statement)?.[1];
  // CASCADE would also drop objects that nobody has seen.
  return table === undefined ? [[statement]] : [[`drop table ${table}`], [statement]];
}
