import {
  boundsAs,
  type Catalog,
  type CatalogObject,
  compareCatalogs,
  findDrift,
  fingerprint,
  type Kind,
} from "@thedata/catalog";
import { keepsAll, lastPart, unquote } from "@thedata/catalog/sql";
import { keepForeignTriggers } from "./foreign-triggers.ts";
import { keep } from "./keep.ts";
import type { ModelStatements } from "./open-models.ts";
import { look, sendAll, type ShadowSchema } from "./shadow-schema.ts";
import { tryOut } from "../postgres/transaction.ts";

/** The statements that bring a schema to the models, and the schema before and after. */
export interface ModelDifference extends ModelStatements {
  readonly before: Catalog;
  readonly after: Catalog;
}

/** Kinds that hold no rows: only among these does the same shape mean the same object. */
export const rowless: readonly Kind[] = ["constraint", "index", "sequence"];

/**
 * Finds the difference between the shadow's schema and the models, and leaves the schema unchanged: MikroORM's
 * statements without those that change nothing, and with what MikroORM overlooks because it compares texts. Throws a
 * `MigratorError` where PostgreSQL refuses a statement.
 */
export async function findDifference(shadow: ShadowSchema): Promise<ModelDifference> {
  const { up: all, down: back } = await shadow.models.difference();
  const creation = await shadow.models.creation();
  return await tryOut(shadow, async () => {
    const before = await look(shadow);
    const up = keepForeignTriggers(shadow.kept ? keep(all, shadow.kept, before) : all, before);
    // MikroORM's way back would create what has stayed: the catalogs give another.
    const down = up.join() === all.join() ? back : [];
    const sent = await sendAll(shadow.query, up);
    const changed = sent.length > 0 ? await look(shadow) : before;
    const more = await findOverlooked(shadow, changed, creation);
    const completed = await sendAll(shadow.query, more);
    const after = completed.length > 0 ? await look(shadow) : changed;
    if (fingerprint(before) === fingerprint(after)) return { up: [], down: [], before, after: before };
    return { up: [...sent, ...completed], down, before, after };
  });
}

/**
 * Statements for objects that have the right name and another definition: MikroORM compares expressions without their
 * brackets, and ignores the sequences behind its serial columns.
 */
async function findOverlooked(shadow: ShadowSchema, found: Catalog, creation: readonly string[]): Promise<string[]> {
  const models = (await makeAlone(shadow, found, creation)) ?? [];
  const pairs = models.length > 0 ? compareCatalogs(models, found) : [];
  const overlooked = pairs.filter((one) => isOverlooked(shadow, one.expected, one.found));
  const wanted = new Map(overlooked.map(({ expected, found }) => [found, expected]));
  const expected = found.map((object) => widened(object, models) ?? mergeInto(object, wanted.get(object)));
  const statements = findDrift(expected, found, "", rowless).flatMap((drift) => drift.statements);
  return statements.filter((statement) => !statement.startsWith("--"));
}

/** The sequence of a serial column, widened to the column's type where it counts less far; else undefined. */
function widened(object: CatalogObject, models: Catalog): CatalogObject | undefined {
  const { ownedBy, identity, type } = object.properties;
  if (object.kind !== "sequence" || ownedBy === undefined || identity) return undefined;
  const own = models.find(({ kind, properties }) => kind === "sequence" && properties["ownedBy"] === ownedBy);
  const to = own?.properties["type"];
  if (to === undefined || keepsAll(String(to), String(type))) return undefined;
  return { ...object, properties: { ...object.properties, type: to, ...boundsAs(object, String(to)) } };
}

function isOverlooked({ models }: ShadowSchema, expected: CatalogObject | null, found: CatalogObject | null): boolean {
  if (!expected || !found) return false;
  if (expected.kind === "column")
    return typeOf(expected) !== typeOf(found) && !models.ignoresType(nameOf(found.table ?? ""), nameOf(found.name));
  return ["constraint", "index"].includes(expected.kind) && definitionOf(expected) !== definitionOf(found);
}

const nameOf = (name: string) => unquote(lastPart(name));
const typeOf = ({ properties }: CatalogObject) => properties["type"];
/** Without NOT VALID: models do not say whether a constraint is validated. */
const definitionOf = ({ properties }: CatalogObject) => String(properties["definition"]).replace(/ NOT VALID$/, "");

function mergeInto(object: CatalogObject, wanted: CatalogObject | null | undefined): CatalogObject {
  if (!wanted) return object;
  const { type, ...others } = object.properties;
  const properties = object.kind === "column" ? { ...others, type: typeOf(wanted) ?? type ?? "" } : wanted.properties;
  return { ...object, properties };
}

/**
 * The schema that the models alone make; needs an open transaction and rolls back to a savepoint. Null where PostgreSQL
 * refuses it, because the models need what only the migrations make.
 */
export async function makeAlone(
  { query, ...shadow }: ShadowSchema,
  there: Catalog,
  creation: readonly string[],
): Promise<Catalog | null> {
  await query("savepoint alone");
  try {
    for (const object of there)
      if (["view", "table", "enum"].includes(object.kind))
        await query(`drop ${nounOf(object)} if exists ${object.name} cascade`);
    await sendAll(query, creation);
    return await look({ query, ...shadow });
  } catch {
    return null;
  } finally {
    await query("rollback to savepoint alone");
  }
}

function nounOf({ kind, properties }: CatalogObject): string {
  if (kind === "view") return properties["materialized"] ? "materialized view" : "view";
  return kind === "enum" ? "type" : properties["foreign"] ? "foreign table" : kind;
}
