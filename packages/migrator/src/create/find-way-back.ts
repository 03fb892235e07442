import { type Catalog, compareCatalogs, describeDifference, findDrift } from "@thedata/catalog";
import { rowless } from "../models/find-difference.ts";
import { look, sendAll, type ShadowSchema } from "../models/shadow-schema.ts";
import { tidyDrops } from "./tidy-drops.ts";
import { tryOut } from "../postgres/transaction.ts";

/** The schema before everything, after the renames, and after everything. */
export interface Catalogs {
  readonly before: Catalog;
  readonly renamed: Catalog;
  readonly after: Catalog;
}

/**
 * Finds the statements that restore the schema, and tests them on the shadow: MikroORM's `down`, completed by what it
 * forgets; where that fails, the difference of the catalogs. `unname` reverts the renames. Returns the reason where no
 * statements restore the schema.
 */
export async function findWayBack(
  shadow: ShadowSchema,
  { before, renamed, after }: Catalogs,
  down: readonly string[],
  unname: readonly string[],
): Promise<readonly string[] | { readonly never: string }> {
  for (const way of new Set([tidyDrops(down, after), down])) {
    const found = await tryWay(shadow, before, [...way, ...unname]);
    if (!("never" in found)) return found;
  }
  return await tryWay(shadow, before, [...statementsBetween(renamed, after), ...unname]);
}

function statementsBetween(expected: Catalog, found: Catalog): string[] {
  const statements = findDrift(expected, found, "", rowless).flatMap((drift) => drift.statements);
  return statements.filter((statement) => !statement.startsWith("--"));
}

async function tryWay(
  shadow: ShadowSchema,
  before: Catalog,
  way: readonly string[],
): Promise<readonly string[] | { readonly never: string }> {
  return await tryOut(shadow, async () => {
    const sent = await sendAll(shadow.query, way);
    const there = await look(shadow);
    if (compareCatalogs(before, there).length === 0) return sent;
    const completed = await sendAll(shadow.query, statementsBetween(before, there));
    const left = compareCatalogs(before, await look(shadow));
    if (left.length === 0) return [...sent, ...completed];
    return { never: left.map((one) => describeDifference(one)).join("; ") };
  }).catch((error: Error) => ({ never: error.message }));
}
