import type { Catalog, CatalogObject, Rename } from "@thedata/catalog";
import { partsOf, shorten, unquote } from "@thedata/catalog/sql";
import { ConfigurationError } from "../errors.ts";
import { means, missingIn } from "./find-renames.ts";

/** A rename that the user gave: `users.mail=email`, `users=people`. */
export interface GivenRename {
  readonly text: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** Parses an argument of `--rename`. Throws a `ConfigurationError` for an invalid one. */
export function parseRename(text: string): GivenRename {
  const [from = "", to = "", more] = text.match(/(?:"(?:[^"]|"")*"|[^="])+/g) ?? [];
  const given = { text, from: toParts(from), to: toParts(to) };
  const whole = text.split("=").length > 1 && more === undefined && given.from.length > 0 && given.to.length > 0;
  if (!whole || given.from.length > 3 || given.to.length > given.from.length)
    throw new ConfigurationError(
      `"${text}" is not a rename: use OLD=NEW, such as users.mail=email for a column or users=people for a table`,
    );
  return given;
}

const toParts = (name: string) => partsOf(name.trim()).map(unquote);

/**
 * Finds the dropped and the new object that a rename means; undefined where nothing fits. Throws a `ConfigurationError`
 * where several do.
 */
export function resolveRename(
  given: GivenRename,
  before: Catalog,
  after: Catalog,
  formerly: ReadonlyMap<string, string>,
): Rename | undefined {
  const meant = findPairs(given, before, after, formerly);
  if (meant.length > 1)
    throw new ConfigurationError(
      `"${given.text}" fits ${meant.map(({ from, to }) => `${shorten(from)}=${shorten(to)}`).join(" and ")}: write the table's name before it`,
    );
  return meant[0];
}

function findPairs(
  { from, to }: GivenRename,
  before: Catalog,
  after: Catalog,
  formerly: ReadonlyMap<string, string>,
): Rename[] {
  return (["table", "column"] as const).flatMap((kind) => {
    const gone = missingIn(after, before, kind).filter((object) =>
      [object.name, formerName(object, formerly)].some((name) => means(from, name)),
    );
    const added = missingIn(before, after, kind).filter(({ name }) => means(to, name));
    return gone.flatMap((old) => added.filter((next) => next.table === old.table).map((next) => toRename(old, next)));
  });
}

/** The name before the object's table was renamed. */
function formerName({ name, table }: CatalogObject, formerly: ReadonlyMap<string, string>): string {
  const former = formerly.get(table ?? "");
  return former === undefined || table === null ? name : former + name.slice(table.length);
}

/** The rename of `old` to `next`. */
export function toRename(old: CatalogObject, next: CatalogObject): Rename {
  return { kind: old.kind, table: old.table, from: old.name, to: next.name };
}

/** Throws a `ConfigurationError` for a rename that nothing fits, with a list of what could be renamed. */
export function refuseUnknown(given: GivenRename, before: Catalog, after: Catalog): never {
  const list = (objects: readonly CatalogObject[]) => objects.map(({ name }) => shorten(name)).join(", ") || "nothing";
  const both = (one: Catalog, other: Catalog) => [
    ...missingIn(other, one, "table"),
    ...missingIn(other, one, "column"),
  ];
  throw new ConfigurationError(
    `"${given.text}" names no pair of a removed and an added name. Removed: ${list(both(before, after))}; added: ${list(newNames(both(after, before)))}`,
  );
}

/** Leaves out the columns of new tables, because the table's name suffices. */
function newNames(objects: readonly CatalogObject[]): CatalogObject[] {
  const tables = new Set(objects.filter(({ kind }) => kind === "table").map(({ name }) => name));
  return objects.filter(({ kind, table }) => kind === "table" || !tables.has(table ?? ""));
}
