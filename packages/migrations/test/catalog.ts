import type { Sql } from "./support.ts";

/**
 * The objects in `public` without the ledger: a line per relation, column, constraint, index, type, function and
 * trigger.
 */
export async function dumpCatalog(sql: Sql): Promise<string[]> {
  const rows = await sql<{ line: string }>(Object.values(queries).join("\nunion all\n"));
  return rows.map(({ line }) => line).sort();
}

const ledger = "mikro_orm_migrations";
const ours = `n.nspname = 'public' and c.relname not like '${ledger}%'`;
const queries = {
  tables: `select format('relation %s %s', c.relkind, c.relname) as line
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${ours}`,
  columns: `select format('column %s.%s %s %s default %s identity "%s"', c.relname, a.attname,
      format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' else 'null' end,
      coalesce(pg_get_expr(d.adbin, d.adrelid), 'none'), a.attidentity) as line
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where ${ours} and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped`,
  constraints: `select format('constraint %s.%s %s', c.relname, k.conname, pg_get_constraintdef(k.oid)) as line
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
    where ${ours} and k.contype <> 'n'`,
  indexes: `select 'index ' || pg_get_indexdef(i.indexrelid) as line
    from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace where ${ours}`,
  types: `select format('type %s (%s)', t.typname, string_agg(e.enumlabel, ', ' order by e.enumsortorder)) as line
    from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_enum e on e.enumtypid = t.oid
    where n.nspname = 'public' and t.typtype in ('e', 'd', 'r') group by t.oid, t.typname`,
  functions: `select 'function ' || p.oid::regprocedure as line
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public'`,
  triggers: `select format('trigger %s on %s', t.tgname, c.relname) as line
    from pg_trigger t join pg_class c on c.oid = t.tgrelid where not t.tgisinternal`,
};
