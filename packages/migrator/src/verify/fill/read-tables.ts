import type { Query } from "../../postgres/connection.ts";
import { type LedgerTable, ownTables, qualified } from "../../ledger/tables.ts";

/** What must be known of a table to insert rows. */
export interface Table {
  /** With its schema; quoted where SQL needs it. */
  readonly name: string;
  readonly partitioned: boolean;
  readonly columns: readonly Column[];
  readonly constraints: readonly Constraint[];
  /** The bounds of its partitions, of every level, each with the columns of the key. */
  readonly bounds: readonly Bound[];
}

export interface Column {
  readonly name: string;
  /** The type's oid. */
  readonly type: string;
  /** The type with its modifiers, as in `numeric(5,2)`. */
  readonly format: string;
  readonly notNull: boolean;
  readonly default: string | null;
  readonly identity: boolean;
  readonly generated: boolean;
}

/** A constraint, or a unique index, which refuses rows like one. */
export interface Constraint {
  readonly name: string;
  readonly type: "check" | "foreign key" | "primary key" | "unique" | "exclude";
  /** All columns that it looks at, by their stored names. */
  readonly columns: readonly string[];
  readonly expression: string | null;
  readonly references: string | null;
  readonly referencedColumns: readonly string[];
  readonly deferrable: boolean;
}

export interface Bound {
  readonly columns: readonly string[];
  /** `FOR VALUES FROM (…) TO (…)`. */
  readonly text: string;
}

/** What must be known of a type to make values of it. */
export interface Type {
  readonly oid: string;
  readonly name: string;
  readonly kind: "base" | "enum" | "domain" | "composite" | "range" | "multirange";
  /** The element of an array; `base`: the base of a domain, the subtype of a range, the range of a multirange. Oids. */
  readonly element: string | null;
  readonly base: string | null;
  readonly baseFormat: string | null;
  readonly notNull: boolean;
  readonly checks: readonly string[];
  readonly labels: readonly string[];
  readonly attributes: readonly { readonly type: string; readonly format: string }[];
}

/** Reads the tables to fill, by name, and the types of their columns; partitions belong to their parents. */
export async function readTables(query: Query, ledger: LedgerTable): Promise<{ tables: Table[]; types: Types }> {
  const own = ownTables(ledger).map(qualified);
  const rows = await query<{ table: Table }>(tablesSql, [own]);
  const tables = rows.map(({ table }) => table);
  const used = [...new Set(tables.flatMap(({ columns }) => columns.map(({ type }) => type)))];
  const types = await query<{ type: Type }>(typesSql, [used]);
  return { tables, types: new Map(types.map(({ type }) => [type.oid, type])) };
}

/** Types by their oids. */
export type Types = ReadonlyMap<string, Type>;

const names = (table: string, numbers: string) =>
  `(select coalesce(json_agg(k.attname order by l.place), '[]') from unnest(${numbers}) with ordinality l(number, place)
      join pg_attribute k on k.attrelid = ${table} and k.attnum = l.number)`;

const columns = `(select coalesce(json_agg(json_build_object('name', a.attname, 'type', a.atttypid::int8::text,
      'format', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull, 'default', pg_get_expr(d.adbin, d.adrelid),
      'identity', a.attidentity <> '', 'generated', a.attgenerated <> '') order by a.attnum), '[]')
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)`;

const constraints = `select o.conname as name, json_build_object('name', o.conname,
      'type', case o.contype when 'p' then 'primary key' when 'u' then 'unique' when 'f' then 'foreign key' when 'x' then 'exclude' else 'check' end,
      'columns', ${names("c.oid", "o.conkey")}, 'expression', pg_get_expr(o.conbin, o.conrelid),
      'references', (select quote_ident(rn.nspname) || '.' || quote_ident(r.relname) from pg_class r join pg_namespace rn on rn.oid = r.relnamespace where r.oid = o.confrelid),
      'referencedColumns', ${names("o.confrelid", "o.confkey")}, 'deferrable', o.condeferrable) as value
    from pg_constraint o where o.conrelid = c.oid and o.contype in ('c', 'f', 'p', 'u', 'x')`;

// An index depends on the columns that its expressions look at.
const uniqueIndexes = `select x.relname as name, json_build_object('name', x.relname, 'type', 'unique', 'columns',
      (select coalesce(json_agg(distinct k.attname), '[]') from pg_depend d join pg_attribute k on k.attrelid = c.oid and k.attnum = d.refobjsubid
        where d.classid = 'pg_class'::regclass and d.objid = x.oid and d.refobjid = c.oid and d.refobjsubid > 0),
      'expression', null, 'references', null, 'referencedColumns', '[]'::json, 'deferrable', false) as value
    from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid and i.indisunique
      and not exists (select from pg_constraint o where o.conindid = x.oid and o.contype in ('p', 'u', 'x'))`;

const bounds = `(select coalesce(json_agg(json_build_object('columns', ${names("p.partrelid", "p.partattrs::int2[]")},
      'text', pg_get_expr(b.relpartbound, b.oid)) order by b.relname), '[]')
    from pg_partition_tree(c.oid) t join pg_class b on b.oid = t.relid join pg_partitioned_table p on p.partrelid = t.parentrelid)`;

const tablesSql = `select json_build_object('name', quote_ident(n.nspname) || '.' || quote_ident(c.relname),
    'partitioned', c.relkind = 'p', 'columns', ${columns},
    'constraints', (select coalesce(json_agg(value order by name), '[]') from (${constraints} union all ${uniqueIndexes}) as all_of_them),
    'bounds', case c.relkind when 'p' then ${bounds} else '[]'::json end) as "table"
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (select from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
    and c.oid <> all (array(select to_regclass(own)::oid from unnest($1::text[]) own where to_regclass(own) is not null))
  order by n.nspname collate "C", c.relname collate "C"`;

const typesSql = `with recursive used(oid) as (
    select unnest($1::oid[])
    union
    select n.oid from used u join pg_type t on t.oid = u.oid cross join lateral (
      select t.typbasetype as oid union all select t.typelem where t.typcategory = 'A'
      union all select r.rngsubtype from pg_range r where r.rngtypid = t.oid
      union all select r.rngtypid from pg_range r where r.rngmultitypid = t.oid
      union all select a.atttypid from pg_attribute a where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    ) n where n.oid <> 0)
  select json_build_object('oid', t.oid::int8::text, 'name', t.typname,
    'kind', case t.typtype when 'e' then 'enum' when 'd' then 'domain' when 'c' then 'composite' when 'r' then 'range' when 'm' then 'multirange' else 'base' end,
    'element', case when t.typcategory = 'A' and t.typelem <> 0 then t.typelem::int8::text end,
    'base', coalesce((select r.rngsubtype from pg_range r where r.rngtypid = t.oid), (select r.rngtypid from pg_range r where r.rngmultitypid = t.oid), nullif(t.typbasetype, 0))::int8::text,
    'baseFormat', case t.typtype when 'd' then format_type(t.typbasetype, t.typtypmod) end,
    'notNull', t.typnotnull,
    'checks', (select coalesce(json_agg(pg_get_expr(o.conbin, 0) order by o.conname), '[]') from pg_constraint o where o.contypid = t.oid and o.contype = 'c'),
    'labels', (select coalesce(json_agg(v.enumlabel order by v.enumsortorder), '[]') from pg_enum v where v.enumtypid = t.oid),
    'attributes', (select coalesce(json_agg(json_build_object('type', a.atttypid::int8::text, 'format', format_type(a.atttypid, a.atttypmod)) order by a.attnum), '[]')
      from pg_attribute a where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped)) as type
  from used u join pg_type t on t.oid = u.oid`;
