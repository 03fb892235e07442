import type { CatalogScope } from "@thedata/catalog";
import { otherLedgers } from "./other-tools.ts";
import { type LedgerTable, ownTables, qualified } from "./tables.ts";

// Where a project comes from another tool, its tables stay until nobody deploys by it any more. TypeORM's `migrations`
// is not among them, for a table of that name may be the project's own, nor Drizzle's, which has a schema of its own.
const { typeorm: _, drizzle: __, ...others } = otherLedgers;
const othersTables = [...Object.values(others).map(({ table }) => table), "knex_migrations_lock"].map(
  (table): LedgerTable => ({ schema: "public", table }),
);

/** What a comparison of schemas takes for the schema: all but the tables that migrators keep for themselves. */
export function scopeOf(ledger: LedgerTable): CatalogScope {
  return { except: [...ownTables(ledger), ...othersTables].map(qualified), ownedLike: qualified(ledger) };
}
