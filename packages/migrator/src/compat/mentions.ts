import { lastPart, unquote } from "@thedata/catalog/sql";
import type { LoadedMigration } from "../history/load.ts";

/** Says whether migrations may change a table: they name it, or put SQL together at run time. */
export function findMentions(migrations: readonly LoadedMigration[]): (table: string) => boolean {
  const statements = migrations.flatMap(({ up }) => up.statements);
  const text = statements.join("\n").toLowerCase();
  const isComputed = migrations.some(({ up }) => up.computed);
  const isOpen = isComputed || /\bexecute\b(?!\s+(?:function|procedure))|\balter (?:type|domain)\b/.test(text);
  return (table) => isOpen || text.includes(unquote(lastPart(table)).toLowerCase());
}
