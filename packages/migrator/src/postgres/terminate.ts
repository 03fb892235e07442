import { tokenize } from "@thedata/catalog/sql";

/** Ends a statement with a semicolon, on a line of its own where a trailing comment would hide it. */
export function terminate(sql: string): string {
  let statement = sql.trimEnd();
  while (statement.endsWith(";")) statement = statement.slice(0, -1).trimEnd();
  const last = tokenize(statement).tokens.at(-1);
  if (last?.kind === "symbol" && statement[last.start] === ";") return statement;
  return last && last.end < statement.length ? `${statement}\n;` : `${statement};`;
}
