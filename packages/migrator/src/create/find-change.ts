import type { Catalog } from "../catalog/catalog.ts";
import { compareCatalogs, fingerprint } from "../catalog/compare.ts";
import { describeDifference } from "../catalog/describe.ts";
import { findDrift } from "../catalog/mend.ts";
import { shorten } from "../catalog/names.ts";
import { type Rename, renameStatement } from "../catalog/renames.ts";
import type { Kind } from "../catalog/queries.ts";
import { MigratorError } from "../errors.ts";
import { followRenames } from "./follow-renames.ts";
import { type RenameChoices, settleRenames } from "./settle-renames.ts";
import { apply, look, sendAll, type ShadowSchema, tryOut } from "./shadow-schema.ts";

/** How the migrations' schema becomes the models', and back, both proven on the shadow; empty when they are equal. */
export interface Change {
  readonly up: readonly string[];
  readonly down: readonly string[];
  /** What keeps its rows under another name, in the order in which it is renamed. */
  readonly renames: readonly Rename[];
  /** The schema after the renames, and after everything. */
  readonly renamed: Catalog;
  readonly after: Catalog;
}

/** Brings the shadow to the models. Throws a `MigratorError` where that cannot be done, or not be undone. */
export async function findChange(shadow: ShadowSchema, choices: RenameChoices): Promise<Change> {
  const before = await tryOut(shadow, async () => await look(shadow));
  const settled = await settleRenames(shadow, choices);
  const renames = [...settled.renames, ...(await followRenames(shadow, settled))];
  const renamed = await tryOut(shadow, async () => await look(shadow));
  const { up, down } = await bringToModels(shadow);
  const after = await tryOut(shadow, async () => await look(shadow));
  return {
    up: [...renames.map(write), ...up],
    down: await findWayBack(shadow, { before, renamed, after }, renames, down),
    renames: settled.renames,
    renamed,
    after,
  };
}

function write(rename: Rename): string {
  return shorten(renameStatement(rename));
}

/** MikroORM's statements until it has nothing left to say; `down` is its way back from all of them. */
async function bringToModels(shadow: ShadowSchema): Promise<{ up: string[]; down: readonly string[] }> {
  const sent: string[] = [];
  let way: readonly string[] | undefined;
  for (let round = 1; round <= 5; round++) {
    const { up, down } = await shadow.models.difference();
    way ??= down;
    if (up.length === 0) return { up: sent, down: way };
    sent.push(...(await apply(shadow, up)));
  }
  const { up } = await shadow.models.difference();
  throw new MigratorError(
    "refused",
    `MikroORM never takes these models for equal with what it makes of them; it always wants: ${up.join("; ")}. Change the model, or write the migration by hand: migrator create NAME --blank`,
  );
}

interface Stations {
  readonly before: Catalog;
  /** After the renames. */
  readonly renamed: Catalog;
  readonly after: Catalog;
}

// Never guessed: a table or column of the same shape may be another one.
const nameless: readonly Kind[] = ["constraint", "index", "sequence"];

/** MikroORM's way back, completed by what it forgets; where that does not lead home, the difference of the catalogs. */
async function findWayBack(
  shadow: ShadowSchema,
  { before, renamed, after }: Stations,
  renames: readonly Rename[],
  down: readonly string[],
): Promise<string[]> {
  const back = renames.map(({ from, to, ...rest }) => write({ ...rest, from: to, to: from })).toReversed();
  const ways = [down, statementsOf(renamed, after)];
  const left: string[] = [];
  for (const way of ways) {
    const tried = await tryWayBack(shadow, before, [...way, ...back]);
    if (Array.isArray(tried)) return tried;
    left.push(tried.left);
  }
  throw new MigratorError(
    "refused",
    `No down can be found for this change: ${left.at(-1)}. Write the migration by hand: migrator create NAME --blank`,
  );
}

function statementsOf(expected: Catalog, found: Catalog): string[] {
  const statements = findDrift(expected, found, "", nameless).flatMap((drift) => drift.statements);
  return statements.filter((statement) => !statement.startsWith("--"));
}

async function tryWayBack(
  shadow: ShadowSchema,
  before: Catalog,
  way: readonly string[],
): Promise<string[] | { left: string }> {
  return await tryOut(shadow, async () => {
    const sent = await sendAll(shadow.query, way);
    const missing = await sendAll(shadow.query, statementsOf(before, await look(shadow)));
    const there = await look(shadow);
    if (fingerprint(there) === fingerprint(before)) return [...sent, ...missing];
    return {
      left: compareCatalogs(before, there)
        .map((one) => describeDifference(one))
        .join("; "),
    };
  }).catch((error: Error) => ({ left: error.message }));
}
