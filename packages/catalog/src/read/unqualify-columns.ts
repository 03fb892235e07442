import { parse } from "libpg-query";
import { tokenize } from "../sql/tokens.ts";

interface ColumnRef {
  readonly fields: readonly { readonly String?: { readonly sval: string } }[];
  /** The byte offset in the query. */
  readonly location?: number;
}

/** Removes the table's name from the columns of a query over one table, as PostgreSQL 16 and later write it. */
export async function unqualifyColumns(definition: string): Promise<string> {
  const { stmts } = (await parse(definition)) as { stmts?: { stmt?: { SelectStmt?: Record<string, unknown> } }[] };
  const select = stmts?.[0]?.stmt?.SelectStmt;
  const from = (select?.["fromClause"] ?? []) as Record<string, unknown>[];
  if (!select || from.length !== 1 || "JoinExpr" in (from[0] ?? {})) return definition;
  const { fromClause: _, withClause: __, ...rest } = select;
  const bytes = Buffer.from(definition);
  const starts = findColumns(rest)
    .filter(({ fields }) => fields.length === 2 && fields.every((field) => field.String))
    .map(({ location = 0 }) => bytes.subarray(0, location).toString().length);
  return cutQualifiers(definition, new Set(starts));
}

/** The columns of the query itself, not of subqueries, which have their own tables. */
function findColumns(node: unknown): ColumnRef[] {
  if (Array.isArray(node)) return node.flatMap(findColumns);
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    if (key === "ColumnRef") return [value as ColumnRef];
    if (key === "subselect") return [];
    return findColumns(value);
  });
}

/** Removes the qualifier and its dot at each of these positions. */
function cutQualifiers(sql: string, starts: ReadonlySet<number>): string {
  const { tokens } = tokenize(sql);
  let [text, from] = ["", 0];
  for (const [index, { start }] of tokens.entries()) {
    if (!starts.has(start)) continue;
    text += sql.slice(from, start);
    from = tokens[index + 2]?.start ?? start;
  }
  return text + sql.slice(from);
}
