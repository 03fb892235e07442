import { findAll, nameOf, texts } from "../parse/syntax.ts";
import type { Schema } from "./schema.ts";

/** A relation in a FROM clause. */
interface Source {
  /** `schema.table`. */
  readonly table: string;
  /** The name by which the query speaks of it. */
  readonly alias: string;
}

/**
 * The relations that a query reads, each with the columns that it takes from it. A name without a table counts for each
 * relation that has such a column, or whose columns are not known; `*` is every column that is there now.
 */
export function columnsRead(query: unknown, schema: Schema): Map<string, Set<string>> {
  const sources = findAll(query, "RangeVar").map((one): Source => {
    const name = nameOf(one);
    return { table: schema.resolve(name), alias: one.alias?.aliasname ?? name.at(-1) ?? "" };
  });
  const read = new Map(sources.map(({ table }) => [table, new Set<string>()]));
  const add = (among: readonly Source[], column: string) => {
    for (const { table } of among) if (mayHave(schema, table, column)) read.get(table)?.add(column);
  };
  const addAll = (among: readonly Source[]) => {
    for (const { table } of among)
      for (const name of schema.relations.get(table)?.columns.keys() ?? []) read.get(table)?.add(name);
  };
  for (const { fields = [] } of findAll(query, "ColumnRef")) {
    const names = texts(fields);
    const isStar = fields.some((field) => "A_Star" in field);
    const qualifier = isStar ? names.at(-1) : names.at(-2);
    const among = sources.filter(({ alias }) => qualifier === undefined || alias === qualifier);
    if (isStar) addAll(among);
    else add(among, names.at(-1) ?? "");
  }
  for (const { usingClause, isNatural } of findAll(query, "JoinExpr")) {
    for (const column of texts(usingClause)) add(sources, column);
    if (isNatural) addAll(sources);
  }
  return read;
}

function mayHave(schema: Schema, table: string, column: string): boolean {
  const columns = schema.relations.get(table)?.columns;
  return columns === undefined || columns.size === 0 || columns.has(column);
}
