import {
  type CatalogQuery,
  grants,
  identifier,
  isRead,
  isWhole,
  notOfExtension,
  owner,
  ownSchema,
} from "./query-parts.ts";

const none = `null::text as "table"`;

// The version of an extension is left out: it depends on the server, not on the schema.
const extensions: CatalogQuery = {
  kind: "extension",
  sql: `select ${identifier("e.extname")} as name, ${none}, e.oid::int8 as position,
      jsonb_build_object('schema', ${identifier("n.nspname")}) as properties
    from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname <> 'plpgsql' and ${isRead("n.nspname")}`,
};

// `public` is left out: its owner and privileges depend on who created the database.
const schemas: CatalogQuery = {
  kind: "schema",
  sql: `select ${identifier("n.nspname")} as name, ${none}, n.oid::int8 as position, jsonb_build_object(
      'owner', ${owner("n.nspowner")}, 'grants', ${grants("n.nspacl", "n", "n.nspowner", "0::oid")}) as properties
    from pg_namespace n where ${ownSchema} and n.nspname <> 'public' and ${notOfExtension("pg_namespace", "n.oid")}`,
};

const ownType = `${ownSchema} and ${notOfExtension("pg_type", "t.oid")}`;
const typeName = `${identifier("n.nspname")} || '.' || ${identifier("t.typname")}`;
const typeRights = `'owner', ${owner("t.typowner")}, 'grants', ${grants("t.typacl", "T", "t.typowner", "t.typnamespace")}`;

const enums: CatalogQuery = {
  kind: "enum",
  sql: `select ${typeName} as name, ${none}, t.oid::int8 as position, jsonb_build_object(
      'values', (select jsonb_agg(v.enumlabel order by v.enumsortorder) from pg_enum v where v.enumtypid = t.oid), ${typeRights}) as properties
    from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype = 'e' and ${ownType}`,
};

const domains: CatalogQuery = {
  kind: "domain",
  sql: `select ${typeName} as name, ${none}, t.oid::int8 as position, jsonb_build_object(
      'type', format_type(t.typbasetype, t.typtypmod), 'notNull', case when t.typnotnull then true end,
      'default', coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault),
      'collation', (select t.typcollation::regcollation::text from pg_type b where b.oid = t.typbasetype and b.typcollation <> t.typcollation),
      'constraints', (select jsonb_agg(${identifier("o.conname")} || ' ' || pg_get_constraintdef(o.oid) order by o.conname) from pg_constraint o where o.contypid = t.oid and o.contype = 'c'),
      ${typeRights}) as properties
    from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype = 'd' and ${ownType}`,
};

const composites: CatalogQuery = {
  kind: "type",
  sql: `select ${typeName} as name, ${none}, t.oid::int8 as position, jsonb_build_object(
      'attributes', (select jsonb_agg(${identifier("a.attname")} || ' ' || format_type(a.atttypid, a.atttypmod) order by a.attnum)
        from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped), ${typeRights}) as properties
    from pg_type t join pg_namespace n on n.oid = t.typnamespace join pg_class c on c.oid = t.typrelid
    where t.typtype = 'c' and c.relkind = 'c' and ${ownType}`,
};

const ranges: CatalogQuery = {
  kind: "range",
  sql: `select ${typeName} as name, ${none}, t.oid::int8 as position, jsonb_build_object(
      'subtype', format_type(r.rngsubtype, null),
      'more', nullif(concat_ws(', ', 'collation = ' || (select r.rngcollation::regcollation from pg_type b where b.oid = r.rngsubtype and b.typcollation <> r.rngcollation),
        'subtype_opclass = ' || (select ${identifier("c.opcname")} from pg_opclass c where c.oid = r.rngsubopc and not c.opcdefault),
        'canonical = ' || nullif(r.rngcanonical, 0)::regproc, 'subtype_diff = ' || nullif(r.rngsubdiff, 0)::regproc), ''),
      ${typeRights}) as properties
    from pg_type t join pg_namespace n on n.oid = t.typnamespace join pg_range r on r.rngtypid = t.oid where t.typtype = 'r' and ${ownType}`,
};

const routines: CatalogQuery = {
  kind: "function",
  sql: `select p.oid::regprocedure::text as name, ${none}, p.oid::int8 as position, jsonb_build_object(
      'type', case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
      'definition', case when p.prokind <> 'a' then pg_get_functiondef(p.oid) else (select concat_ws(', ', 'sfunc = ' || g.aggtransfn::regproc, 'stype = ' || g.aggtranstype::regtype,
        'finalfunc = ' || nullif(g.aggfinalfn, 0)::regproc, 'initcond = ' || quote_literal(g.agginitval),
        'combinefunc = ' || nullif(g.aggcombinefn, 0)::regproc, 'serialfunc = ' || nullif(g.aggserialfn, 0)::regproc, 'deserialfunc = ' || nullif(g.aggdeserialfn, 0)::regproc,
        'msfunc = ' || nullif(g.aggmtransfn, 0)::regproc, 'minvfunc = ' || nullif(g.aggminvtransfn, 0)::regproc, 'mstype = ' || nullif(g.aggmtranstype, 0)::regtype,
        'mfinalfunc = ' || nullif(g.aggmfinalfn, 0)::regproc, 'minitcond = ' || quote_literal(g.aggminitval),
        'parallel = ' || case p.proparallel when 's' then 'safe' when 'r' then 'restricted' end) from pg_aggregate g where g.aggfnoid = p.oid) end,
      'owner', ${owner("p.proowner")}, 'grants', ${grants("p.proacl", "f", "p.proowner", "p.pronamespace")}) as properties
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where ${ownSchema} and ${notOfExtension("pg_proc", "p.oid")}
      and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i')
      and not exists (select from pg_trigger t where t.tgfoid = p.oid and t.tgrelid = any ((select excluded from given)::oid[]))`,
};

const collations: CatalogQuery = {
  kind: "collation",
  sql: `select ${identifier("n.nspname")} || '.' || ${identifier("l.collname")} as name, ${none}, l.oid::int8 as position, jsonb_build_object(
      'provider', case l.collprovider when 'i' then 'icu' when 'b' then 'builtin' else 'libc' end,
      'nondeterministic', case when not l.collisdeterministic then true end,
      'locale', coalesce(to_jsonb(l) ->> 'colllocale', to_jsonb(l) ->> 'colliculocale', l.collcollate),
      'owner', ${owner("l.collowner")}) as properties
    from pg_collation l join pg_namespace n on n.oid = l.collnamespace where ${ownSchema} and ${notOfExtension("pg_collation", "l.oid")}`,
};

const eventTriggers: CatalogQuery = {
  kind: "event trigger",
  sql: `select ${identifier("t.evtname")} as name, ${none}, t.oid::int8 as position, jsonb_build_object(
      'event', t.evtevent, 'function', t.evtfoid::regprocedure::text, 'tags', to_jsonb(t.evttags),
      'enabled', case t.evtenabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end) as properties
    from pg_event_trigger t where ${isWhole} and ${notOfExtension("pg_event_trigger", "t.oid")}`,
};

/** The queries for objects that are not relations. */
export const objectQueries: readonly CatalogQuery[] = [
  extensions,
  schemas,
  enums,
  domains,
  composites,
  ranges,
  collations,
  routines,
  eventTriggers,
];
