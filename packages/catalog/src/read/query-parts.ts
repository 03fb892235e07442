import type { Kind } from "../catalog.ts";

/** How a kind is read: rows of `name`, `table`, `position` and `properties`, complete and in any order. */
export interface CatalogQuery {
  readonly kind: Kind;
  readonly sql: string;
}

// Every query sees `given`: `excluded`, the relations (oid) to leave out, and `owner`, the role that owns the schema.

/** Schemas that are a project's own. */
export const ownSchema = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;

/** What an extension brought belongs to the extension. */
export function notOfExtension(catalog: string, oid: string): string {
  return `not exists (select from pg_depend e where e.classid = '${catalog}'::regclass and e.objid = ${oid} and e.deptype = 'e')`;
}

/** The relation `c` in the schema `n`. */
export const ownRelation = `${ownSchema} and ${notOfExtension("pg_class", "c.oid")} and c.oid <> all ((select excluded from given)::oid[])`;

/** An identifier as SQL takes it. */
export function identifier(column: string): string {
  return `quote_ident(${column})`;
}

/** The full name of a relation. */
export function relation(alias: string): string {
  return `${alias}.oid::regclass::text`;
}

/** The owner, where it is not the one that owns the schema: that one's name differs from database to database. */
export function owner(role: string): string {
  return `case when ${role} <> (select owner from given) then ${role}::regrole::text end`;
}

const privileges = (acl: string, role: string) =>
  `select e.privilege_type || ' to ' || case e.grantee when 0 then 'public' else e.grantee::regrole::text end
      || case when e.is_grantable then ' with grant option' else '' end
    from aclexplode(${acl}) e where e.grantee <> ${role}`;

/**
 * In what an object's privileges differ from those that the database gives each new one (`alter default privileges`):
 * a platform sets the latter for its own roles, and a shadow database has neither.
 */
export function grants(acl: string, kind: string, role: string, namespace: string): string {
  const type = kind === "s" ? "S" : kind;
  const fallback = `acldefault('${kind}', ${role})`;
  const defaults = (schema: string) =>
    `(select d.defaclacl from pg_default_acl d where d.defaclrole = ${role} and d.defaclobjtype = '${type}' and d.defaclnamespace = ${schema})`;
  const given = privileges(`coalesce(${acl}, ${fallback})`, role);
  const usual = `(${privileges(`coalesce(${defaults("0::oid")}, ${fallback})`, role)} union ${privileges(defaults(namespace), role)})`;
  return `(select jsonb_agg(p order by p collate "C") from (
      (select p from (${given}) as given(p) except select p from ${usual} as usual(p))
      union all (select 'no ' || p from (select p from ${usual} as usual(p) except ${given}) as lost(p))) as grants(p))`;
}

/**
 * Options in the order of their names. No option that a user can set begins with `pg_`: such a one is the server's own
 * and no part of the schema.
 */
export function options(column: string): string {
  return `(select jsonb_agg(o order by o collate "C") from unnest(${column}) o where o !~ '^pg_')`;
}

/** Of a column's options, the two that PostgreSQL documents: Debian's 15.20 keeps its own `pg_attver` beside them. */
export function columnOptions(column: string): string {
  return `(select jsonb_agg(o order by o collate "C") from unnest(${column}) o where o ~ '^n_distinct(_inherited)?=')`;
}

const commented = [
  "pg_class",
  "pg_constraint",
  "pg_trigger",
  "pg_policy",
  "pg_proc",
  "pg_type",
  "pg_namespace",
  "pg_statistic_ext",
  "pg_rewrite",
  "pg_collation",
  "pg_event_trigger",
];

// Objects made after the database have numbers from 16384.
/** Comments on whatever is a project's own. */
export const commentsOn: CatalogQuery = {
  kind: "comment",
  sql: `select regexp_replace(i.type, '^(table|view|materialized view|foreign table|composite type) column$', 'column') || ' ' || i.identity as name, null::text as "table", d.objoid::int8 as position,
      jsonb_build_object('text', d.description) as properties
    from pg_description d cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) i
    where d.classoid in (${commented.map((catalog) => `'${catalog}'::regclass`).join(", ")}) and d.objoid >= 16384
      and d.objoid <> all ((select excluded from given)::oid[])
      and not exists (select from pg_depend e where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')`,
};
