import { quote } from "@thedata/catalog/sql";
import type { Index } from "../schema/schema.ts";
import { allOrNone, type DescribedColumn, freeName, replaceColumn } from "./subject.ts";

/** An index over the old column, and the one over the new column that takes its place. */
export interface FollowingIndex {
  /** CREATE INDEX CONCURRENTLY, under a name of its own. */
  readonly create: string;
  /** The name that it has until then, and the one that it gets; quoted. */
  readonly from: string;
  readonly to: string;
}

/**
 * The indexes that a new column needs to take another's place. Undefined where one carries a constraint, or has an
 * expression or a condition, or where its definition is not known.
 */
export function followIndexes(
  indexes: readonly Index[],
  { indexes: definitions }: DescribedColumn,
  { column, now, target }: { readonly column: string; readonly now: string; readonly target: string },
): FollowingIndex[] | undefined {
  const following = indexes.map((index) => {
    const definition = definitions.get(index.name);
    const isPlain =
      index.valid && !index.ofConstraint && !index.partial && index.columns.every((one) => one !== undefined);
    if (!isPlain || definition === undefined) return undefined;
    const [, unique = "", method = ""] = /^CREATE (UNIQUE )?INDEX .*? USING (.*)$/s.exec(definition) ?? [];
    const from = quote(freeName(index.name, "_new", definitions));
    const over = replaceColumn(method, column, now);
    if (over === method) return undefined;
    return {
      create: `create ${unique.toLowerCase()}index concurrently ${from} on ${target} using ${over}`,
      from,
      to: quote(index.name),
    };
  });
  return allOrNone(following);
}
