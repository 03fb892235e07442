import type { Observer } from "./observer.ts";

/** A database's schema and rows as sorted lines, equal for equal content; without the migrator's own tables. */
export type Snapshot = readonly string[];

const ours = "not like 'mikro\\_orm\\_migrations%'";
const user = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'";

const schema = `
select 'schema ' || n.nspname from pg_namespace n where ${user}
union all select format('%s %s.%s %s %s', c.relkind, n.nspname, c.relname, c.relpersistence, obj_description(c.oid))
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${user} and c.relname ${ours} and c.relkind not in ('t', 'i', 'I')
union all select format('column %s.%s %s notnull=%s default=%s %s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated)
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  left join pg_attrdef d on (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
  where ${user} and c.relname ${ours} and c.relkind in ('r', 'v', 'm', 'p') and a.attnum > 0 and not a.attisdropped
union all select format('constraint %s %s %s valid=%s', c.relname, o.conname, pg_get_constraintdef(o.oid), o.convalidated)
  from pg_constraint o join pg_class c on c.oid = o.conrelid join pg_namespace n on n.oid = c.relnamespace
  where ${user} and c.relname ${ours}
union all select format('index %s valid=%s ready=%s', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready)
  from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
  where ${user} and c.relname ${ours}
union all select pg_get_functiondef(p.oid) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where ${user} and p.prokind in ('f', 'p') and p.proname ${ours}
union all select pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid
  join pg_namespace n on n.oid = c.relnamespace where ${user} and c.relname ${ours} and not t.tgisinternal
union all select format('view %s %s', c.relname, pg_get_viewdef(c.oid)) from pg_class c
  join pg_namespace n on n.oid = c.relnamespace where ${user} and c.relkind in ('v', 'm')
union all select format('partition %s of %s %s pending=%s', c.relname, h.inhparent::regclass,
    pg_get_expr(c.relpartbound, c.oid), h.inhdetachpending)
  from pg_inherits h join pg_class c on c.oid = h.inhrelid join pg_namespace n on n.oid = c.relnamespace
  where ${user} and c.relkind in ('r', 'p')
union all select format('enum %s %s', t.typname, string_agg(e.enumlabel, ',' order by e.enumsortorder)) from pg_enum e
  join pg_type t on t.oid = e.enumtypid group by t.typname`;

const tables = `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${user} and c.relname ${ours} and c.relkind in ('r', 'm', 'p') order by 1`;

/** Reads schema and rows of a database on which no other session works. */
export async function takeSnapshot({ ask }: Observer, database: string): Promise<Snapshot> {
  const definitions = await ask(database, `select line from (${schema}) as lines (line)`);
  const names = (await ask(database, tables)).map((row) => String(row["name"]));
  const rows = names.map((name) => `select format('row %s %s', '${name}', to_jsonb(t)) as line from ${name} t`);
  const contents = rows.length > 0 ? await ask(database, rows.join(" union all ")) : [];
  return [...definitions, ...contents].map((row) => String(row["line"])).sort();
}

/** The lines that only one of two snapshots has, marked - (missing) and + (extra). */
export function compare(actual: Snapshot, wanted: Snapshot): string[] {
  const [is, should] = [new Set(actual), new Set(wanted)];
  return [
    ...wanted.filter((line) => !is.has(line)).map((line) => `- ${line}`),
    ...actual.filter((line) => !should.has(line)).map((line) => `+ ${line}`),
  ];
}
