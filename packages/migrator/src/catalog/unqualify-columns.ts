import { parse } from "libpg-query";

interface ColumnRef {
  readonly fields: readonly { readonly String?: { readonly sval: string } }[];
  /** In bytes from the start. */
  readonly location?: number;
}

/** Takes the table's name from the columns of a query over one table, as PostgreSQL 16 and later write it. */
export async function unqualifyColumns(definition: string): Promise<string> {
  const { stmts } = (await parse(definition)) as { stmts?: { stmt?: { SelectStmt?: Record<string, unknown> } }[] };
  const select = stmts?.[0]?.stmt?.SelectStmt;
  const from = (select?.["fromClause"] ?? []) as Record<string, unknown>[];
  if (!select || from.length !== 1 || "JoinExpr" in (from[0] ?? {})) return definition;
  const { fromClause: _, withClause: __, ...rest } = select;
  const places = findColumns(rest).filter(({ fields }) => fields.length === 2 && fields.every((field) => field.String));
  return cut(
    definition,
    places.map(({ location = 0 }) => location).toSorted((a, b) => b - a),
  );
}

/** The columns of the query itself: a query inside it has tables of its own. */
function findColumns(node: unknown): ColumnRef[] {
  if (Array.isArray(node)) return node.flatMap(findColumns);
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    if (key === "ColumnRef") return [value as ColumnRef];
    if (key === "subselect") return [];
    return findColumns(value);
  });
}

function cut(text: string, locations: readonly number[]): string {
  let bytes = Buffer.from(text);
  for (const location of locations) {
    const qualifier = /^(?:"(?:[^"]|"")*"|[^".]+)\./.exec(bytes.subarray(location).toString())?.[0] ?? "";
    bytes = Buffer.concat([bytes.subarray(0, location), bytes.subarray(location + Buffer.byteLength(qualifier))]);
  }
  return bytes.toString();
}
