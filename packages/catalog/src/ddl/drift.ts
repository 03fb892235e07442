import { type Catalog, type CatalogObject, kinds, type Kind } from "../catalog.ts";
import { changedProperties, compareCatalogs, type Difference } from "../compare/compare.ts";
import { describeDifference, describeRename } from "../compare/describe.ts";
import { builders } from "./objects.ts";
import { covers, list, text } from "./parts.ts";
import { lastPart } from "../sql/names.ts";
import { findRenames, renameStatement } from "../compare/renames.ts";

/** A difference described in words, with the statements that change what was found into what is expected. */
export interface Drift {
  readonly kind: Kind;
  readonly name: string;
  readonly message: string;
  readonly statements: readonly string[];
}

/**
 * All differences of `found` from `expected`, in an order in which their statements can run. A missing or superfluous
 * table's difference includes what belongs to the table. A line that begins with `--` says why there is no statement.
 * `renamable` are the kinds in which to look for renames; default: all.
 */
export function findDrift(expected: Catalog, found: Catalog, place = "", renamable?: readonly Kind[]): Drift[] {
  const { renames, renamed } = findRenames(expected, found, renamable);
  const differences = collapse(compareCatalogs(expected, renamed), expected);
  return [
    ...renames.map((rename) => ({
      kind: rename.kind,
      name: rename.from,
      message: describeRename(rename, place),
      statements: [renameStatement(rename)],
    })),
    ...differences.toSorted(byOrder).map((difference) => ({
      kind: difference.kind,
      name: difference.name,
      message: describeDifference(difference, place),
      statements: statementsFor(difference, expected, renamed),
    })),
  ];
}

/**
 * Drops differences that a table's own difference covers: a missing table is created with its columns, a superfluous
 * one is dropped with all that belongs to it. Foreign keys keep their own differences.
 */
function collapse(differences: readonly Difference[], expected: Catalog): Difference[] {
  const parents = new Map(expected.map((object) => [object.name, parentsOf(object)]));
  const whole = (test: (difference: Difference) => boolean) =>
    new Set(differences.filter((one) => one.kind === "table" && test(one)).map(({ name }) => name));
  const [missing, extra] = [whole((one) => !one.found), whole((one) => !one.expected)];
  return differences.filter((one) => {
    const object = (one.expected ?? one.found) as CatalogObject;
    if (object.kind === "comment" && extra.has(commentedTable(object.name))) return false;
    if (object.kind === "sequence" && one.found && ownedByOne(object, extra)) return false;
    if (object.kind === "column" && object.inherited) return !isParents(one, differences, parents);
    if (object.table === null || object.kind === "table") return true;
    if (extra.has(object.table)) return object.properties["type"] === "foreign key";
    return !missing.has(object.table) || (object.kind !== "column" && !object.properties["identity"]);
  });
}

function parentsOf(table: CatalogObject): readonly string[] {
  return table.properties["partitionOf"] ? [text(table, "partitionOf")] : list(table, "inherits");
}

/** Whether an inherited column's difference only follows its parent's. */
function isParents(
  one: Difference,
  differences: readonly Difference[],
  parents: ReadonlyMap<string, readonly string[]>,
): boolean {
  if (!one.expected || !one.found) return true;
  const change = JSON.stringify([one.expected.properties, one.found.properties]);
  return (parents.get(one.expected.table ?? "") ?? []).some((parent) =>
    differences.some(
      ({ kind, name, expected, found }) =>
        kind === "column" &&
        name === `${parent}.${lastPart(one.name)}` &&
        JSON.stringify([expected?.properties, found?.properties]) === change,
    ),
  );
}

function commentedTable(name: string): string {
  return / on (\S+)$/.exec(name)?.[1] ?? name.replace(/^table /, "").replace(/^column (.+)\.[^.]+$/, "$1");
}

function ownedByOne(sequence: CatalogObject, tables: ReadonlySet<string>): boolean {
  const owner = String(sequence.properties["ownedBy"] ?? "").replace(/\.("(?:[^"]|"")*"|[^."]+)$/, "");
  return tables.has(owner);
}

function statementsFor({ kind, expected, found }: Difference, wanted: Catalog, there: Catalog): string[] {
  const builder = builders[kind];
  if (!expected) return found ? builder.drop(found, there) : [];
  if (!found) return [...builder.create(expected, wanted), ...handOver(expected, there)];
  const changed = changedProperties(expected, found);
  const altered = builder.alter?.(expected, found, changed, wanted);
  if (altered?.length === 0 && kind !== "sequence")
    return [`-- no statement brings ${kind} ${expected.name} to what it should be in its ${changed.join(", ")}`];
  if (altered) return altered;
  const lost = dependentsOf(expected, wanted).filter((one) =>
    there.some(({ kind, name }) => kind === one.kind && name === one.name),
  );
  return [
    ...builder.drop(found, there),
    ...builder.create(expected, wanted),
    ...lost.flatMap((one) => builders[one.kind].create(one, wanted)),
  ];
}

/** Makes an existing serial column own its new sequence; a column that is created too takes the sequence itself. */
function handOver(sequence: CatalogObject, there: Catalog): string[] {
  const { ownedBy, identity } = sequence.properties;
  if (
    sequence.kind !== "sequence" ||
    identity ||
    !there.some(({ kind, name }) => kind === "column" && name === ownedBy)
  )
    return [];
  return [`alter sequence ${sequence.name} owned by ${String(ownedBy)}`];
}

/** The objects that are lost when this one is dropped and created again. */
function dependentsOf(object: CatalogObject, catalog: Catalog): CatalogObject[] {
  return catalog.filter((one) => {
    if (one.kind === "comment")
      return one.name.endsWith(` ${object.name}`) || one.name.startsWith(`column ${object.name}.`);
    if (object.kind === "view") return one.table === object.name && one.kind !== "column";
    return (
      object.kind === "column" &&
      one.table === object.table &&
      ["constraint", "index"].includes(one.kind) &&
      covers(list(one, "columns"), object)
    );
  });
}

/** Drops come first, dependents before what they depend on; then the rest, dependents last. */
function byOrder(a: Difference, b: Difference): number {
  const [going, other] = [a.expected === null, b.expected === null];
  if (going !== other) return going ? -1 : 1;
  const order = rankOf(a) - rankOf(b) || positionOf(a) - positionOf(b);
  return going ? -order : order;
}

function positionOf({ expected, found }: Difference): number {
  return (expected ?? found)?.position ?? 0;
}

const order: readonly Kind[] = kinds;

function rankOf({ kind, expected, found }: Difference): number {
  const rank = order.indexOf(kind) * 3;
  const object = (expected ?? found) as CatalogObject;
  // A foreign key comes after the key that it refers to.
  return object.properties["type"] === "foreign key" ? rank + 1 : rank;
}
