/** Breaks a statement at its clauses: a line for each column of a new table and for each change of an old one. */
export function formatSql(sql: string): string {
  if (sql.includes("\n")) return sql;
  const statement = sql.trim().replaceAll(/(?<=^alter table \S+ |, )add (?=")/g, "add column ");
  const table = /^create table (?:if not exists )?[^(]+\(/i.exec(statement)?.[0];
  if (table !== undefined) return formatTable(statement, table);
  const alter = /^alter table \S+ /i.exec(statement)?.[0];
  const clauses = alter === undefined ? [] : splitTopLevel(statement.slice(alter.length)).parts;
  return alter === undefined || clauses.length < 2 ? statement : `${alter.trim()}\n  ${clauses.join(",\n  ")}`;
}

function formatTable(statement: string, head: string): string {
  const { parts, end } = splitTopLevel(statement.slice(head.length));
  if (end < 0 || parts.length === 0) return statement;
  return `${head}\n  ${parts.join(",\n  ")}\n${statement.slice(head.length + end)}`;
}

/** The parts between commas that are in no bracket and no quotes, and where the bracket around them closes, or -1. */
function splitTopLevel(text: string): { parts: string[]; end: number } {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (const { 0: token, index } of text.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|[[\](),]/g)) {
    if (token === "(" || token === "[") depth++;
    if (token === ")" || token === "]") depth--;
    if (depth < 0) return { parts: [...parts, text.slice(start, index).trim()].filter(Boolean), end: index };
    if (token !== "," || depth > 0) continue;
    parts.push(text.slice(start, index).trim());
    start = index + 1;
  }
  return { parts: [...parts, text.slice(start).trim()], end: -1 };
}
