// A definition: it neither ends a transaction nor changes its session, and is read the same under all settings.
const definition =
  /^\s*(create\s+(unlogged\s+)?table|create\s+(unique\s+)?index|create\s+(type|sequence|schema|domain)|alter\s+(table|index|type|sequence|domain|schema)|drop\s+(table|index|type|sequence|view|domain|schema)|comment\s+on)\b/i;

// What could make two commands of it, be read in two ways, or run code that may do anything.
const doubtful = /;(?!\s*$)|[\\$]|--|\/\*|\b(select|execute|call|set_config|concurrently|owner\s+to)\b/i;

// Of what an added column is filled with, PostgreSQL's own functions are known to leave the session alone.
const unknownDefault =
  /\bdefault\s*\(|\bdefault\s+(?!(now|gen_random_uuid|clock_timestamp|statement_timestamp|nextval|jsonb?_build_object|array|interval|timestamp|timezone|random)\s*\()[\w."]+\s*\(/i;

/** True of a single definition of a table, index or type, and of nothing that needs a closer look. */
export function isPlain(sql: string): boolean {
  return definition.test(sql) && !doubtful.test(sql) && !unknownDefault.test(sql);
}
