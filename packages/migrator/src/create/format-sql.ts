import { readList } from "@thedata/catalog/sql";

/** Breaks a statement at its clauses: a line for each column of a new table and for each change of an old one. */
export function formatSql(sql: string): string {
  if (sql.includes("\n")) return sql;
  const statement = sql.trim().replaceAll(/(?<=^alter table \S+ |, )add (?=")/g, "add column ");
  const table = /^create table (?:if not exists )?[^(]+\(/i.exec(statement)?.[0];
  if (table !== undefined) return formatTable(statement, table);
  const alter = /^alter table \S+ /i.exec(statement)?.[0];
  const clauses = alter === undefined ? [] : readList(statement, alter.length).parts;
  return alter === undefined || clauses.length < 2 ? statement : `${alter.trim()}\n  ${clauses.join(",\n  ")}`;
}

function formatTable(statement: string, head: string): string {
  const { parts, end } = readList(statement, head.length);
  if (end < 0 || parts.length === 0) return statement;
  return `${head}\n  ${parts.join(",\n  ")}\n${statement.slice(end)}`;
}
