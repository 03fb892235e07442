import { type Catalog, type Rename, renameStatement } from "@thedata/catalog";
import { shorten } from "@thedata/catalog/sql";
import { MigratorError } from "../errors.ts";
import { type ModelDifference, findDifference } from "../models/find-difference.ts";
import { apply, look, type ShadowSchema } from "../models/shadow-schema.ts";
import { findWayBack } from "./find-way-back.ts";
import { followRenames } from "./follow-renames.ts";
import { type RenameChoices, settleRenames } from "./settle-renames.ts";
import { tryOut } from "../postgres/transaction.ts";

/**
 * The statements from the migrations' schema to the models' and back, both tested on the shadow; empty when they are
 * equal.
 */
export interface Change {
  readonly up: readonly string[];
  /** The statements, or why the schema cannot be restored. */
  readonly down: readonly string[] | { readonly never: string };
  /** Renamed objects, which keep their rows, in the order of the renames. */
  readonly renames: readonly Rename[];
  /** The schema before everything, after the renames, and after everything. */
  readonly before: Catalog;
  readonly renamed: Catalog;
  readonly after: Catalog;
}

/** Brings the shadow to the models. Throws a `MigratorError` where that cannot be done. */
export async function findChange(shadow: ShadowSchema, choices: RenameChoices): Promise<Change> {
  const before = await tryOut(shadow, async () => await look(shadow));
  const settled = await settleRenames(shadow, choices);
  const followed = await followRenames(shadow, settled);
  const renames = [...settled.renames, ...followed];
  const difference = followed.length > 0 ? await findDifference(shadow) : settled.difference;
  const { up, after } = await bringToModels(shadow, difference);
  const catalogs = { before, renamed: difference.before, after };
  return {
    up: [...renames.map(write), ...up],
    down: await findWayBack(shadow, catalogs, difference.down, renames.map(reverse).map(write).toReversed()),
    renames: settled.renames,
    before,
    renamed: difference.before,
    after,
  };
}

function write(rename: Rename): string {
  return shorten(renameStatement(rename));
}

function reverse({ from, to, ...rest }: Rename): Rename {
  return { ...rest, from: to, to: from };
}

/** Applies the models' difference until none is left, in at most five rounds. */
async function bringToModels(shadow: ShadowSchema, first: ModelDifference): Promise<{ up: string[]; after: Catalog }> {
  const sent: string[] = [];
  let difference = first;
  for (let round = 1; round <= 5; round++) {
    if (difference.up.length === 0) return { up: sent, after: difference.before };
    sent.push(...(await apply(shadow, difference.up)));
    difference = await findDifference(shadow);
  }
  if (difference.up.length === 0) return { up: sent, after: difference.before };
  throw new MigratorError(
    "refused",
    `After MikroORM's own changes the models still differ; it keeps asking for: ${difference.up.join("; ")}. Change the model, or write the migration by hand: migrator create NAME --blank`,
  );
}
