import { tokenize } from "@thedata/catalog/sql";

/** A statement with its semicolon, which stands on a line of its own where a comment would swallow it. */
export function terminate(sql: string): string {
  let statement = sql.trimEnd();
  while (statement.endsWith(";")) statement = statement.slice(0, -1).trimEnd();
  const last = tokenize(statement).tokens.at(-1);
  if (last?.kind === "symbol" && statement[last.start] === ";") return statement;
  return last && last.end < statement.length ? `${statement}\n;` : `${statement};`;
}
