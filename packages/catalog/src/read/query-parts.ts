import type { Kind } from "../catalog.ts";

/** The query of one kind: rows of `name`, `table`, `position` and `properties`, in any order. */
export interface CatalogQuery {
  readonly kind: Kind;
  readonly sql: string;
}

// Every query can read `given`: `excluded`, the oids of relations to leave out, `owner`, the schema's owner, and `schemas`, the
// names of the schemas to read, or null.

/** Condition: the whole database is read. */
export const isWhole = `(select schemas from given) is null`;

/** Condition: the schema is one of those to read. */
export function isRead(schema: string): string {
  return `(${isWhole} or ${schema} = any ((select schemas from given)::text[]))`;
}

/** Condition: `n` is a schema of the project. */
export const ownSchema = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and ${isRead("n.nspname")}`;

/** Condition: the object does not belong to an extension. */
export function notOfExtension(catalog: string, oid: string): string {
  return `not exists (select from pg_depend e where e.classid = '${catalog}'::regclass and e.objid = ${oid} and e.deptype = 'e')`;
}

/** Condition: `c`, in the schema `n`, is a relation of the project. */
export const ownRelation = `${ownSchema} and ${notOfExtension("pg_class", "c.oid")} and c.oid <> all ((select excluded from given)::oid[])`;

/** SQL that quotes an identifier where needed. */
export function identifier(column: string): string {
  return `quote_ident(${column})`;
}

/** SQL for a relation's full name. */
export function relation(alias: string): string {
  return `${alias}.oid::regclass::text`;
}

/** SQL for an owner; null for the role that owns the schema, whose name differs between databases. */
export function owner(role: string): string {
  return `case when ${role} <> (select owner from given) then ${role}::regrole::text end`;
}

const privileges = (acl: string, role: string) =>
  `select e.privilege_type || ' to ' || case e.grantee when 0 then 'public' else e.grantee::regrole::text end
      || case when e.is_grantable then ' with grant option' else '' end
    from aclexplode(${acl}) e where e.grantee <> ${role}`;

/**
 * SQL for how an object's privileges differ from those that the database gives to new objects (`alter default
 * privileges`): a platform sets those for its own roles, and a shadow database lacks them.
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

/** SQL for options sorted by name. Options that begin with `pg_` are the server's own: users cannot set them. */
export function options(column: string): string {
  return `(select jsonb_agg(o order by o collate "C") from unnest(${column}) o where o !~ '^pg_')`;
}

/** SQL for the two column options that PostgreSQL documents: Debian's 15.20 adds its own `pg_attver`. */
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

// Users' objects have oids from 16384 on.
/** Comments on the project's objects. */
export const commentsOn: CatalogQuery = {
  kind: "comment",
  sql: `select regexp_replace(i.type, '^(table|view|materialized view|foreign table|composite type) column$', 'column') || ' ' || i.identity as name, null::text as "table", d.objoid::int8 as position,
      jsonb_build_object('text', d.description) as properties
    from pg_description d cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) i
    where d.classoid in (${commented.map((catalog) => `'${catalog}'::regclass`).join(", ")}) and d.objoid >= 16384
      and d.objoid <> all ((select excluded from given)::oid[])
      -- A trigger, a policy and a rule have no schema of their own: the first of their names is that of their table.
      and (${isWhole} or d.classoid <> 'pg_event_trigger'::regclass and case when i.schema is null
        then (select a.object_names[1] = any ((select schemas from given)::text[]) from pg_identify_object_as_address(d.classoid, d.objoid, d.objsubid) a)
        else i.schema = any (array(select quote_ident(s) from given, unnest(schemas) s)) end)
      and not exists (select from pg_depend e where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')`,
};
