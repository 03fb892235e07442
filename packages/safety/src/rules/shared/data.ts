import type { Action } from "../../parse/actions.ts";
import type { Schema } from "../../schema/schema.ts";
import { findAll, open, texts } from "../../parse/syntax.ts";

/** True for no condition, and for one that names no column, such as `true` and `1 = 1`. */
export const isEverything = (where: unknown): boolean =>
  where === undefined || !/"(ColumnRef|SubLink)"/.test(JSON.stringify(where));

export type Update = Extract<Action, { readonly do: "update" | "delete" | "insert" | "merge" | "copy from" }>;

/** True where the condition names rows by a key: `=`, IN or BETWEEN over a unique column. */
export function byKey({ where }: Update, table: string, { schema }: { readonly schema: Schema }): boolean {
  const unique = new Set(schema.indexesOf(table).map((index) => (index.unique ? index.columns[0] : undefined)));
  return findAll(where, "A_Expr").some(({ lexpr, name, kind }) => {
    const { kind: side, value } = open(lexpr);
    const column = side === "ColumnRef" ? texts(value["fields"] as never).at(-1) : undefined;
    const bounded = texts(name)[0] === "=" || kind === "AEXPR_IN" || kind === "AEXPR_BETWEEN";
    return bounded && column !== undefined && unique.has(column);
  });
}
