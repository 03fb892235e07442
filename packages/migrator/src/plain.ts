// A definition: it neither ends a transaction nor changes its session, and is read the same under all settings.
const definition =
  /^\s*(create\s+(unlogged\s+)?table|create\s+(unique\s+)?index|create\s+(type|sequence|schema|domain)|alter\s+(table|index|type|sequence|domain|schema)|drop\s+(table|index|type|sequence|view|domain|schema)|comment\s+on)\b/i;

// What could make two commands of it, be read in two ways, or run a query.
const doubtful = /;(?!\s*$)|[\\$]|--|\/\*|\b(select|execute|call|set_config|concurrently)\b/i;

// A name before an opening parenthesis that is a relation's.
const relation =
  /\b(table|exists|on|only|references|like|of|inherits|partition)\s+(("[^"]*"|[\w\u0080-\uffff]+)\s*\.\s*)?("[^"]*"|[\w\u0080-\uffff]+)\s*\(/gi;

// Words of SQL, types with a length, and functions of PostgreSQL's own that leave the session alone.
const harmless = new Set(
  `all always and any array as brin btree by check default enum exclude exists from gin gist hash identity in include
  inherits key like list not of on only or partition range references reset set spgist stored table to unique using
  values when where with
  bit char character decimal float interval numeric time timestamp timestamptz varbit varchar varying
  btrim char_length clock_timestamp coalesce date_trunc gen_random_uuid greatest jsonb_build_array jsonb_build_object
  jsonb_typeof least length lower ltrim md5 nextval now nullif num_nonnulls num_nulls octet_length random rtrim
  statement_timestamp to_tsvector trim upper`.split(/\s+/),
);

/** True of a single definition of a table, index or type that runs no code of the project's and is read in one way. */
export function isPlain(sql: string): boolean {
  if (!definition.test(sql) || doubtful.test(sql)) return false;
  const calls = sql.replaceAll(relation, "$1 (").matchAll(/("|[\w\u0080-\uffff]+)\s*\(/g);
  return [...calls].every(([, name = ""]) => harmless.has(name.toLowerCase()));
}
