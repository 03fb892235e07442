import type { CatalogObject } from "../catalog/catalog.ts";
import { unquote } from "../catalog/names.ts";

/** What no two rows of a table have the same. */
export interface UniqueKey {
  readonly primary: boolean;
  /** Null: an expression is part of it, or it holds for some rows only. */
  readonly columns: readonly string[] | null;
  /** As SQL names what is in it: `lower(email)`; with `where …` when it holds for some rows only. */
  readonly text: string;
}

/** The unique keys of a table: primary key and constraints first, then the indexes that are no constraint. */
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
  const open = definition.indexOf("(", start);
  const parts = splitList(definition, open);
  const close = open + 1 + parts.join(",").length;
  const partial = / WHERE /.test(definition.slice(close));
  const names = parts.map((part) => /^("(?:[^"]|"")*"|[\w$\u0080-\uFFFF]+)(?= |$)/.exec(part.trim())?.[1]);
  const plain = names.every((name) => name !== undefined);
  return {
    primary: false,
    columns: plain && !partial ? names.map((name) => unquote(name)) : null,
    text: parts.map((part) => withoutCasts(part.trim())).join(", ") + (partial ? " where …" : ""),
  };
}

/** PostgreSQL writes `lower((email)::text)` for `lower(email)`. */
function withoutCasts(part: string): string {
  return part.replaceAll(/\(([\w$]+|"(?:[^"]|"")*")\)::text\b(?!\[)/g, "$1");
}

/** The parts between the parenthesis at `open` and the one that closes it, commas inside of parts left alone. */
function splitList(text: string, open: number): string[] {
  const parts = [""];
  let depth = 0;
  for (const [token] of text.slice(open + 1).matchAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'|[\s\S]/g)) {
    if (token === ")" && depth === 0) break;
    depth += token === "(" ? 1 : token === ")" ? -1 : 0;
    if (token === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += token;
  }
  return parts;
}
