import { type Catalog, type CatalogObject, type Kind, kinds, type Query } from "../catalog.ts";
import { normalize } from "./normalize.ts";
import { catalogSql } from "./queries.ts";

/** Which part of a database is its schema. */
export interface CatalogScope {
  /** Tables that are no part of it, by their names as SQL takes them: those of the tool that compares. */
  readonly except: readonly string[];
  /** A table whose owner is the usual one, as SQL takes its name; that of most tables where there is none. */
  readonly ownedLike?: string | undefined;
}

/** Reads the schema of a database in one snapshot, and changes nothing. Throws what the server refuses. */
export async function readCatalog(query: Query, scope: CatalogScope): Promise<Catalog> {
  await query("begin isolation level repeatable read read only");
  try {
    return await readCatalogInTransaction(query, scope);
  } finally {
    await query("rollback");
  }
}

/** Reads the schema inside a transaction that is open, with what it has changed so far. */
export async function readCatalogInTransaction(query: Query, scope: CatalogScope): Promise<Catalog> {
  const { excluded, owner, version, prepared } = await findGiven(query, scope);
  await query("savepoint catalog");
  // With nothing on the path, PostgreSQL writes every name out; without JIT, 20 queries are not compiled for a few rows.
  await query("set local search_path = ''; set local jit = off; set local plan_cache_mode = force_generic_plan");
  await query(writing);
  // Planning takes far longer than reading, and a session that reads once often reads again.
  if (!prepared) await query(`prepare ${statementName} (oid[], oid) as ${catalogSql()}`);
  const rows = await query<CatalogObject & { readonly position: string }>(
    `execute ${statementName} ('{${excluded.join()}}', ${owner})`,
  );
  await query("rollback to savepoint catalog");
  const objects = rows.map((row) => ({
    ...row,
    position: Number(row.position),
    inherited: row.inherited ?? false,
  }));
  return (await normalize(objects, version)).toSorted(byKindAndName);
}

// How PostgreSQL writes values and names is a matter of settings, which each database may have of its own.
const writing = Object.entries({
  timezone: "UTC",
  datestyle: "ISO, YMD",
  intervalstyle: "postgres",
  bytea_output: "hex",
  extra_float_digits: "1",
  quote_all_identifiers: "off",
  standard_conforming_strings: "on",
})
  .map(([name, value]) => `set local ${name} = '${value}'`)
  .join("; ");

const statementName = "migrator_catalog";

interface Given {
  /** The tables that are no part of the schema, and what belongs to them (oid). */
  readonly excluded: string[];
  /** The role that owns what the scope names, or, where there is none, most tables (oid). */
  readonly owner: string;
  /** `150018` is 15.18. */
  readonly version: number;
  /** Whether this session has read a catalog before. */
  readonly prepared: boolean;
}

async function findGiven(query: Query, { except, ownedLike }: CatalogScope): Promise<Given> {
  const [given] = await query<Given>(
    `with own as (select to_regclass(unnest($2::text[]))::oid as oid)
     select array(select oid::text from own where oid is not null
         union select d.objid::text from pg_depend d join own on own.oid = d.refobjid where d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')) as excluded,
       coalesce((select c.relowner from pg_class c where c.oid = to_regclass($1)),
         (select mode() within group (order by c.relowner) from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'),
         (select r.oid from pg_roles r where r.rolname = current_user))::text as owner,
       current_setting('server_version_num')::int as version,
       exists (select from pg_prepared_statements p where p.name = $3) as prepared`,
    [ownedLike ?? null, except, statementName],
  );
  return given as Given;
}

const rank = new Map<Kind, number>(kinds.map((kind, index) => [kind, index]));

function byKindAndName(a: CatalogObject, b: CatalogObject): number {
  return (rank.get(a.kind) ?? 0) - (rank.get(b.kind) ?? 0) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
