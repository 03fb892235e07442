import type { Catalog, CatalogObject } from "../catalog/catalog.ts";
import { findRenames, type Rename, renameStatement } from "../catalog/renames.ts";
import type { Kind } from "../catalog/queries.ts";
import type { Settled } from "./settle-renames.ts";
import { apply, look, sendAll, type ShadowSchema, tryOut } from "./shadow-schema.ts";

/**
 * Renames on the shadow what only has another name in the models and holds no rows: constraints and indexes, whose names
 * MikroORM derives from their columns, and the keys and sequences of renamed tables. Gives what it did, in order.
 */
export async function followRenames(
  shadow: ShadowSchema,
  { renames: settled, before, after }: Settled,
): Promise<Rename[]> {
  const { renames, renamed } = findRenames(after, before, ["constraint", "index"]);
  const tables = new Set(settled.map(({ kind, table, to }) => (kind === "table" ? to : table)));
  const models = tables.size > 0 ? await modelsAlone(shadow, before) : null;
  const all = [...renames, ...(models ? findNames(models, renamed, tables) : [])];
  await apply(shadow, all.map(renameStatement));
  return all;
}

/** Keys and sequences are of no concern to MikroORM once they are there. */
function findNames(models: Catalog, found: Catalog, tables: ReadonlySet<string | null>): Rename[] {
  const kinds: readonly Kind[] = ["constraint", "sequence"];
  const own = (catalog: Catalog) => catalog.filter((object) => kinds.includes(object.kind) && tables.has(object.table));
  return findRenames(own(models), own(found), kinds).renames;
}

/** The schema that the models alone make, in a transaction that is rolled back; null where PostgreSQL refuses it. */
export async function modelsAlone(shadow: ShadowSchema, there: Catalog): Promise<Catalog | null> {
  const creation = await shadow.models.creation();
  return await tryOut(shadow, async () => {
    for (const object of there)
      if (["view", "table", "enum"].includes(object.kind))
        await shadow.query(`drop ${nounOf(object)} if exists ${object.name} cascade`);
    await sendAll(shadow.query, creation);
    return await look(shadow);
  }).catch(() => null);
}

function nounOf({ kind, properties }: CatalogObject): string {
  if (kind === "view") return properties["materialized"] ? "materialized view" : "view";
  return kind === "enum" ? "type" : properties["foreign"] ? "foreign table" : kind;
}
