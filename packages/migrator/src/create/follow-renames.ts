import { type Catalog, findRenames, type Kind, type Rename, renameStatement } from "@thedata/catalog";
import { makeAlone } from "../models/find-difference.ts";
import { apply, type ShadowSchema } from "../models/shadow-schema.ts";
import type { Settled } from "./settle-renames.ts";
import { tryOut } from "../postgres/transaction.ts";

/**
 * Renames objects on the shadow that hold no rows and only have another name in the models: constraints and indexes,
 * whose names MikroORM derives from their columns, and the keys and sequences of renamed tables. Returns these renames,
 * in order.
 */
export async function followRenames(
  shadow: ShadowSchema,
  { renames: settled, difference: { before, after } }: Settled,
): Promise<Rename[]> {
  const { renames, renamed } = findRenames(after, before, ["constraint", "index"]);
  const tables = new Set(settled.map(({ kind, table, to }) => (kind === "table" ? to : table)));
  const models = tables.size > 0 ? await readModels(shadow, before) : null;
  const all = [...renames, ...(models ? findNames(models, renamed, tables) : [])];
  if (all.length > 0) await apply(shadow, all.map(renameStatement));
  return all;
}

async function readModels(shadow: ShadowSchema, there: Catalog): Promise<Catalog | null> {
  const creation = await shadow.models.creation();
  return await tryOut(shadow, async () => await makeAlone(shadow, there, creation));
}

/** MikroORM does not rename existing keys and sequences. */
function findNames(models: Catalog, found: Catalog, tables: ReadonlySet<string | null>): Rename[] {
  const kinds: readonly Kind[] = ["constraint", "sequence"];
  const own = (catalog: Catalog) => catalog.filter((object) => kinds.includes(object.kind) && tables.has(object.table));
  return findRenames(own(models), own(found), kinds).renames;
}
