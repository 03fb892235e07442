import type { CatalogObject } from "@thedata/catalog";
import { readList, unquote } from "@thedata/catalog/sql";

/** A unique key of a table. */
export interface UniqueKey {
  readonly primary: boolean;
  /** Null for a key with an expression, or of some rows only. */
  readonly columns: readonly string[] | null;
  /** Its columns and expressions in SQL: `lower(email)`; with `where …` when it holds for some rows only. */
  readonly text: string;
}

/** The unique keys among a table's objects: primary key, unique constraints and unique indexes. */
export function uniqueKeysOf(objects: readonly CatalogObject[]): UniqueKey[] {
  return objects.flatMap(({ kind, properties }): UniqueKey[] => {
    const columns = (properties["columns"] ?? []) as readonly string[];
    const type = properties["type"];
    if (kind === "constraint" && (type === "primary key" || type === "unique"))
      return [{ primary: type === "primary key", columns, text: columns.join(", ") }];
    if (kind === "index" && properties["unique"] === true) return [indexKey(String(properties["definition"]))];
    return [];
  });
}

/** Reads `… USING btree (lower(email), "b c") INCLUDE (d) WHERE e`, as PostgreSQL writes an index. */
function indexKey(definition: string): UniqueKey {
  const start = definition.search(/ USING \w+ \(/);
  const { parts, end } = readList(definition, definition.indexOf("(", start) + 1);
  const partial = / WHERE /.test(definition.slice(end));
  const names = parts.map((part) => /^("(?:[^"]|"")*"|[\w$\u0080-\uFFFF]+)(?= |$)/.exec(part)?.[1]);
  const plain = names.every((name) => name !== undefined);
  return {
    primary: false,
    columns: plain && !partial ? names.map((name) => unquote(name)) : null,
    text: parts.map((part) => withoutCasts(part)).join(", ") + (partial ? " where …" : ""),
  };
}

/** PostgreSQL writes `lower((email)::text)` for `lower(email)`. */
function withoutCasts(part: string): string {
  return part.replaceAll(/\(([\w$]+|"(?:[^"]|"")*")\)::text\b(?!\[)/g, "$1");
}
