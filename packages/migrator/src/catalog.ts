import { createHash } from "node:crypto";
import { auditTable } from "./audit.ts";
import { catalogQueries } from "./catalog-queries.ts";
import type { Query } from "./connect.ts";
import { type LedgerTable, qualified } from "./ledger.ts";

/** One thing that a schema consists of. */
export interface CatalogObject {
  /** `table`, `column`, `constraint`, `index` … */
  readonly kind: string;
  /** With its schema, and its table where it has one. */
  readonly name: string;
  /** In PostgreSQL's own words, with every name qualified. */
  readonly definition: string;
}

/** A schema as a plain value, in a fixed order. */
export type Catalog = readonly CatalogObject[];

/** Something in which two catalogs differ. */
export interface Difference {
  readonly kind: string;
  readonly name: string;
  /** Null: it should not be there. */
  readonly expected: string | null;
  /** Null: it is missing. */
  readonly found: string | null;
}

/** Reads the schema of a database, without the ledger and its audit; in one snapshot, and changes nothing. */
export async function readCatalog(query: Query, ledger: LedgerTable): Promise<Catalog> {
  await query("begin isolation level repeatable read read only");
  try {
    const excluded = await findOwn(query, ledger);
    // With nothing on the path, PostgreSQL writes every name out.
    await query("set local search_path = ''");
    const objects: CatalogObject[] = [];
    for (const { kind, sql } of catalogQueries) {
      const rows = await query<{ name: string; definition: string }>(
        sql.includes("$1") ? sql : `${sql} and $1::oid[] is not null`,
        [excluded],
      );
      objects.push(...rows.map(({ name, definition }) => ({ kind, name, definition })).toSorted(byName));
    }
    return objects;
  } finally {
    await query("rollback");
  }
}

/** The ledger, the audit, and what belongs to them. */
async function findOwn(query: Query, ledger: LedgerTable): Promise<number[]> {
  const rows = await query<{ oid: number }>(
    `with own as (select unnest(array[to_regclass($1)::oid, to_regclass($2)::oid]) as oid)
     select oid from own where oid is not null
     union select d.objid from pg_depend d join own on own.oid = d.refobjid where d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')`,
    [qualified(ledger), qualified(auditTable(ledger))],
  );
  return rows.map(({ oid }) => oid);
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** A short text that is the same for the same schema and for no other. */
export function fingerprint(catalog: Catalog): string {
  return createHash("sha256").update(JSON.stringify(catalog)).digest("hex");
}

/** In what `found` differs from `expected`, each thing by its name. */
export function compareCatalogs(expected: Catalog, found: Catalog): Difference[] {
  const [wanted, there] = [expected, found].map(
    (catalog) => new Map(catalog.map((object) => [`${object.kind} ${object.name}`, object])),
  );
  const keys = new Set([...(wanted?.keys() ?? []), ...(there?.keys() ?? [])]);
  return [...keys].flatMap((key) => {
    const [one, other] = [wanted?.get(key), there?.get(key)];
    if (one?.definition === other?.definition) return [];
    const { kind, name } = (one ?? other) as CatalogObject;
    return [{ kind, name, expected: one?.definition ?? null, found: other?.definition ?? null }];
  });
}

/** A difference in words. */
export function describeDifference({ kind, name, expected, found }: Difference): string {
  if (found === null) return `${kind} ${name} is missing: ${expected}`;
  if (expected === null) return `${kind} ${name} should not be there: ${found}`;
  return `${kind} ${name} is ${found}, and should be ${expected}`;
}
