/** A statement with its semicolon, which stands on a line of its own where a comment would swallow it. */
export function terminate(sql: string): string {
  const statement = sql.replace(/;\s*$/, "");
  const last = statement.slice(statement.lastIndexOf("\n") + 1);
  return last.includes("--") ? `${statement}\n;` : `${statement};`;
}
