import { type Catalog, type CatalogObject, type Kind, kinds, type Query } from "../catalog.ts";
import { normalize } from "./normalize.ts";
import { catalogSql } from "./queries.ts";

/** Which objects of a database belong to the schema. */
export interface CatalogScope {
  /** Names of tables to leave out, as SQL takes them: those of the tool that compares. */
  readonly except: readonly string[];
  /** A table, as SQL names it, whose owner counts as the schema's owner; default: the owner of most tables. */
  readonly ownedLike?: string | undefined;
  /** Only these schemas with what is in them; default: all, and event triggers, which are in none. */
  readonly schemas?: readonly string[] | undefined;
}

/** Reads a database's schema in one read-only snapshot. Throws the server's errors. */
export async function readCatalog(query: Query, scope: CatalogScope): Promise<Catalog> {
  await query("begin isolation level repeatable read read only");
  try {
    return await readCatalogInTransaction(query, scope);
  } finally {
    await query("rollback");
  }
}

/** Reads the schema in an open transaction, including its uncommitted changes. */
export async function readCatalogInTransaction(query: Query, scope: CatalogScope): Promise<Catalog> {
  const { excluded, owner, schemas, version, prepared } = await findGiven(query, scope);
  await query("savepoint catalog");
  // An empty search_path makes PostgreSQL qualify all names; JIT would compile 20 queries for a few rows.
  await query("set local search_path = ''; set local jit = off; set local plan_cache_mode = force_generic_plan");
  await query(writing);
  // Prepared, because planning takes far longer than reading and a session often reads more than once.
  if (!prepared) await query(`prepare ${statementName} (oid[], oid, text[]) as ${catalogSql()}`);
  const rows = await query<CatalogObject & { readonly position: string }>(
    `execute ${statementName} ('{${excluded.join()}}', ${owner}, ${schemas})`,
  );
  await query("rollback to savepoint catalog");
  const objects = rows.map((row) => ({
    ...row,
    position: Number(row.position),
    inherited: row.inherited ?? false,
  }));
  return (await normalize(objects, version)).toSorted(byKindAndName);
}

// These settings change how PostgreSQL writes values and names, and each database may have its own.
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
  /** The oids of the tables to leave out and of what belongs to them. */
  readonly excluded: string[];
  /** The oid of the role that owns `ownedLike`, else of the owner of most tables. */
  readonly owner: string;
  /** The schemas to read, as SQL writes an array, or `NULL`. */
  readonly schemas: string;
  /** `server_version_num`: `150018` is 15.18. */
  readonly version: number;
  /** Whether this session has read a catalog before. */
  readonly prepared: boolean;
}

async function findGiven(query: Query, { except, ownedLike, schemas }: CatalogScope): Promise<Given> {
  const [given] = await query<Given>(
    `with own as (select to_regclass(unnest($2::text[]))::oid as oid)
     select array(select oid::text from own where oid is not null
         union select d.objid::text from pg_depend d join own on own.oid = d.refobjid where d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')) as excluded,
       coalesce((select c.relowner from pg_class c where c.oid = to_regclass($1)),
         (select mode() within group (order by c.relowner) from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
             and ($4::text[] is null or n.nspname = any ($4))),
         (select r.oid from pg_roles r where r.rolname = current_user))::text as owner,
       quote_nullable($4::text[]) as schemas,
       current_setting('server_version_num')::int as version,
       exists (select from pg_prepared_statements p where p.name = $3) as prepared`,
    [ownedLike ?? null, except, statementName, schemas ?? null],
  );
  return given as Given;
}

const rank = new Map<Kind, number>(kinds.map((kind, index) => [kind, index]));

function byKindAndName(a: CatalogObject, b: CatalogObject): number {
  return (rank.get(a.kind) ?? 0) - (rank.get(b.kind) ?? 0) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
