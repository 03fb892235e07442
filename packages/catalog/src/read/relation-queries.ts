import {
  type CatalogQuery,
  columnOptions,
  commentsOn,
  grants,
  identifier,
  notOfExtension,
  options,
  owner,
  ownRelation,
  ownSchema,
  relation,
} from "./query-parts.ts";

const tables: CatalogQuery = {
  kind: "table",
  sql: `select ${relation("c")} as name, null::text as "table", c.oid::int8 as position, jsonb_build_object(
      'foreign', case when c.relkind = 'f' then (select ${identifier("s.srvname")} from pg_foreign_table f join pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = c.oid) end,
      'foreignOptions', (select array(select o from unnest(f.ftoptions) o order by o collate "C") from pg_foreign_table f where f.ftrelid = c.oid and f.ftoptions is not null),
      'partitionBy', case c.relkind when 'p' then pg_get_partkeydef(c.oid) end,
      'partitionOf', case when c.relispartition then (select i.inhparent::regclass::text from pg_inherits i where i.inhrelid = c.oid) end,
      'partitionBound', case when c.relispartition then pg_get_expr(c.relpartbound, c.oid) end,
      'inherits', case when not c.relispartition then (select jsonb_agg(i.inhparent::regclass::text order by i.inhseqno) from pg_inherits i where i.inhrelid = c.oid) end,
      'unlogged', case c.relpersistence when 'u' then true end,
      'rowSecurity', case when c.relrowsecurity then true end,
      'forceRowSecurity', case when c.relforcerowsecurity then true end,
      'options', ${options("c.reloptions")},
      'replicaIdentity', case c.relreplident when 'f' then 'full' when 'n' then 'nothing' when 'i' then
        (select 'using index ' || ${identifier("x.relname")} from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid and i.indisreplident) end,
      'ofType', case when c.reloftype <> 0 then c.reloftype::regtype::text end,
      'owner', ${owner("c.relowner")},
      'grants', ${grants("c.relacl", "r", "c.relowner", "c.relnamespace")}) as properties
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'f') and ${ownRelation}`,
};

const columns: CatalogQuery = {
  kind: "column",
  sql: `select ${relation("c")} || '.' || ${identifier("a.attname")} as name, ${relation("c")} as "table", a.attnum::int8 as position, jsonb_build_object(
      'type', format_type(a.atttypid, a.atttypmod),
      'notNull', case when not a.attnotnull then null
        when exists (select from pg_constraint o where o.conrelid = c.oid and o.contype = 'n' and o.conkey = array[a.attnum] and not o.convalidated) then 'not validated' else 'yes' end,
      'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end,
      'generated', case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end,
      'default', pg_get_expr(ad.adbin, ad.adrelid),
      'collation', (select a.attcollation::regcollation::text from pg_type t where t.oid = a.atttypid and a.attcollation <> t.typcollation),
      'storage', (select case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end
        from pg_type t where t.oid = a.atttypid and a.attstorage <> t.typstorage),
      'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end,
      'statistics', case when coalesce(a.attstattarget, -1) >= 0 then a.attstattarget end,
      'options', ${columnOptions("a.attoptions")},
      'inherited', not a.attislocal,
      'grants', case when a.attacl is not null then ${grants("a.attacl", "c", "c.relowner", "c.relnamespace")} end) as properties
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef ad on ad.adrelid = c.oid and ad.adnum = a.attnum
    where c.relkind in ('r', 'p', 'f') and ${ownRelation}`,
};

const names = (table: string, numbers: string) =>
  `(select jsonb_agg(k.attname order by l.place) from unnest(${numbers}) with ordinality l(number, place)
      join pg_attribute k on k.attrelid = ${table} and k.attnum = l.number)`;

// NOT NULL is left out: PostgreSQL 18 has it as a constraint, but the column has it on every version.
const constraints: CatalogQuery = {
  kind: "constraint",
  sql: `select ${relation("c")} || '.' || ${identifier("o.conname")} as name, ${relation("c")} as "table", o.oid::int8 as position, jsonb_build_object(
      'type', case o.contype when 'p' then 'primary key' when 'u' then 'unique' when 'f' then 'foreign key' when 'x' then 'exclude' else 'check' end,
      'definition', pg_get_constraintdef(o.oid),
      'columns', ${names("o.conrelid", "o.conkey")},
      'clustered', case when o.contype in ('p', 'u', 'x') and (select i.indisclustered from pg_index i where i.indexrelid = o.conindid) then true end,
      'switchedOffOn', (select jsonb_agg(distinct t.tgrelid::regclass::text) from pg_trigger t where t.tgconstraint = o.oid and t.tgisinternal and t.tgenabled <> 'O'),
      'references', case o.contype when 'f' then o.confrelid::regclass::text end,
      'referencedColumns', case o.contype when 'f' then ${names("o.confrelid", "o.confkey")} end) as properties
    from pg_constraint o join pg_class c on c.oid = o.conrelid join pg_namespace n on n.oid = c.relnamespace
    where o.contype in ('c', 'f', 'p', 'u', 'x') and o.conparentid = 0 and o.conislocal and ${ownRelation}`,
};

// Left out: indexes of constraints and indexes attached to a partitioned table's index, which are created with those.
const indexes: CatalogQuery = {
  kind: "index",
  sql: `select ${relation("x")} as name, ${relation("c")} as "table", x.oid::int8 as position, jsonb_build_object(
      'definition', pg_get_indexdef(i.indexrelid),
      'unique', case when i.indisunique then true end,
      'columns', ${names("i.indrelid", "i.indkey::int2[]")},
      'invalid', case when not i.indisvalid then true end,
      'clustered', case when i.indisclustered then true end) as properties
    from pg_index i join pg_class x on x.oid = i.indexrelid join pg_class c on c.oid = i.indrelid
    join pg_namespace n on n.oid = x.relnamespace
    where c.relkind <> 't' and not exists (select from pg_constraint o where o.conindid = i.indexrelid and o.contype in ('p', 'u', 'x'))
      and not x.relispartition and ${ownRelation}`,
};

const sequences: CatalogQuery = {
  kind: "sequence",
  sql: `select ${relation("c")} as name, case d.deptype when 'i' then d.refobjid::regclass::text end as "table", c.oid::int8 as position, jsonb_build_object(
      'type', format_type(s.seqtypid, null), 'start', s.seqstart::text, 'increment', s.seqincrement::text,
      'min', s.seqmin::text, 'max', s.seqmax::text, 'cache', s.seqcache::text, 'cycle', case when s.seqcycle then true end,
      'ownedBy', case when d.objid is not null then d.refobjid::regclass::text || '.' || ${identifier("a.attname")} end,
      'identity', case d.deptype when 'i' then true end,
      'unlogged', case c.relpersistence when 'u' then true end,
      'owner', ${owner("c.relowner")},
      'grants', ${grants("c.relacl", "s", "c.relowner", "c.relnamespace")}) as properties
    from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
    left join pg_depend d on d.objid = c.oid and d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
    left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where ${ownRelation}`,
};

const views: CatalogQuery = {
  kind: "view",
  sql: `select ${relation("c")} as name, null::text as "table", c.oid::int8 as position, jsonb_build_object(
      'materialized', case c.relkind when 'm' then true end,
      'definition', pg_get_viewdef(c.oid),
      'options', ${options("c.reloptions")},
      'unpopulated', case when c.relkind = 'm' and not c.relispopulated then true end,
      'columnDefaults', (select jsonb_agg(${identifier("a.attname")} || ' ' || pg_get_expr(d.adbin, d.adrelid) order by a.attnum)
        from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum where d.adrelid = c.oid),
      'columnGrants', (select jsonb_agg(${identifier("a.attname")} || ' ' || g order by a.attnum, g collate "C")
        from pg_attribute a cross join lateral jsonb_array_elements_text(${grants("a.attacl", "c", "c.relowner", "c.relnamespace")}) g
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attacl is not null),
      'owner', ${owner("c.relowner")},
      'grants', ${grants("c.relacl", "r", "c.relowner", "c.relnamespace")}) as properties
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('v', 'm') and ${ownRelation}`,
};

const enabled = (column: string) =>
  `case ${column} when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end`;

const triggers: CatalogQuery = {
  kind: "trigger",
  sql: `select ${relation("c")} || '.' || ${identifier("t.tgname")} as name, ${relation("c")} as "table", t.oid::int8 as position, jsonb_build_object(
      'definition', pg_get_triggerdef(t.oid),
      'enabled', ${enabled("t.tgenabled")},
      'exceptOn', (with recursive parts as (
          select p.oid, p.tgrelid, p.tgenabled from pg_trigger p where p.tgparentid = t.oid
          union all select p.oid, p.tgrelid, p.tgenabled from pg_trigger p join parts on p.tgparentid = parts.oid)
        select jsonb_agg(p.tgrelid::regclass || ' ' || coalesce(${enabled("p.tgenabled")}, 'enabled') order by p.tgrelid::regclass::text collate "C")
        from parts p where p.tgenabled <> t.tgenabled)) as properties
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
    where not t.tgisinternal and t.tgparentid = 0 and ${ownRelation}`,
};

const policies: CatalogQuery = {
  kind: "policy",
  sql: `select ${relation("c")} || '.' || ${identifier("p.polname")} as name, ${relation("c")} as "table", p.oid::int8 as position, jsonb_build_object(
      'restrictive', case when not p.polpermissive then true end,
      'command', case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
      'roles', (select jsonb_agg(role order by role collate "C") from (select case r when 0 then 'public' else r::regrole::text end as role from unnest(p.polroles) r) as names),
      'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)) as properties
    from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where ${ownRelation}`,
};

const rules: CatalogQuery = {
  kind: "rule",
  sql: `select ${relation("c")} || '.' || ${identifier("r.rulename")} as name, ${relation("c")} as "table", r.oid::int8 as position, jsonb_build_object(
      'definition', pg_get_ruledef(r.oid),
      'enabled', ${enabled("r.ev_enabled")}) as properties
    from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
    where r.rulename <> '_RETURN' and ${ownRelation}`,
};

const statistics: CatalogQuery = {
  kind: "statistics",
  sql: `select ${identifier("n.nspname")} || '.' || ${identifier("s.stxname")} as name, ${relation("c")} as "table", s.oid::int8 as position,
      jsonb_build_object('definition', pg_get_statisticsobjdef(s.oid)) as properties
    from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace join pg_class c on c.oid = s.stxrelid
    where ${ownSchema} and ${notOfExtension("pg_statistic_ext", "s.oid")}`,
};

/** The queries for relations and what belongs to them. */
export const relationQueries: readonly CatalogQuery[] = [
  sequences,
  tables,
  columns,
  constraints,
  indexes,
  views,
  triggers,
  policies,
  rules,
  statistics,
  commentsOn,
];
