import type { CatalogScope } from "@thedata/catalog";
import { otherLedgers } from "./other-tools.ts";
import { type LedgerTable, ownTables, qualified } from "./tables.ts";

// A project that moved from another tool keeps that tool's tables until nobody deploys with it any more. TypeORM's
// `migrations` is not excluded, because a table of that name may be the project's own; nor is Drizzle's, which has a
// schema of its own.
const { typeorm: _, drizzle: __, ...others } = otherLedgers;
const othersTables = [...Object.values(others).map(({ table }) => table), "knex_migrations_lock"];

/** The scope of schema comparisons: all, or some schemas, but for the tables that migration tools keep for themselves. */
export function scopeOf(ledger: LedgerTable, schemas?: readonly string[]): CatalogScope {
  const places = schemas ?? ["public"];
  const tools = places.flatMap((schema) => othersTables.map((table): LedgerTable => ({ schema, table })));
  return { schemas, except: [...ownTables(ledger), ...tools].map(qualified), ownedLike: qualified(ledger) };
}
