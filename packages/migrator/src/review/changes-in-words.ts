import { type Catalog, type CatalogObject, changedProperties, compareCatalogs, type Property } from "@thedata/catalog";
import { shorten } from "@thedata/catalog/sql";
import type { ChangeInWords } from "./review.ts";

/** Says what becomes of each object between two catalogs; what comes and goes with its table is left out. */
export function changesInWords(before: Catalog, after: Catalog): ChangeInWords[] {
  const differences = compareCatalogs(before, after);
  const whole = new Set(
    differences.filter(({ kind, expected, found }) => kind === "table" && !(expected && found)).map(({ name }) => name),
  );
  return differences.flatMap(({ expected, found }): ChangeInWords[] => {
    const object = found ?? expected;
    if (!object || (object.kind !== "table" && whole.has(object.table ?? ""))) return [];
    if (!expected) return [{ does: "adds", text: describe(object, after) }];
    if (!found) return [{ does: "removes", text: describe(object, before) }];
    return [{ does: "changes", text: `${nounOf(object)}: ${describeChange(expected, found)}` }];
  });
}

function nounOf({ kind, name, properties }: CatalogObject): string {
  const noun = kind === "comment" ? "the comment on" : kind === "function" ? String(properties["type"] ?? kind) : kind;
  return `${noun} ${shorten(name)}`;
}

/** `table users (5 columns)`, `column users.token (uuid, not null)`, `constraint … (FOREIGN KEY …)`. */
function describe(object: CatalogObject, catalog: Catalog): string {
  const { kind, name, properties } = object;
  const details =
    kind === "table"
      ? columnCount(catalog, name)
      : [properties["definition"] ?? properties["type"], properties["notNull"] === true ? "not null" : undefined]
          .filter((one) => one !== undefined && kind !== "function" && kind !== "view" && kind !== "trigger")
          .map((one) => shorten(String(one)).replace(/^CREATE (UNIQUE )?INDEX \S+ (?=ON )/, (_, unique = "") => unique))
          .join(", ");
  return details === "" ? nounOf(object) : `${nounOf(object)} (${cut(details)})`;
}

function columnCount(catalog: Catalog, table: string): string {
  const columns = catalog.filter((one) => one.kind === "column" && one.table === table).length;
  return `${columns} column${columns === 1 ? "" : "s"}`;
}

function describeChange(expected: CatalogObject, found: CatalogObject): string {
  return changedProperties(expected, found)
    .map((name) => {
      const [from, to] = [show(expected.properties[name]), show(found.properties[name])];
      return `${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} from ${from} to ${to}`;
    })
    .join("; ");
}

function show(value: Property | undefined): string {
  if (value === undefined) return "none";
  return cut(shorten(Array.isArray(value) ? `(${value.join(", ")})` : String(value)));
}

const longest = 160;

function cut(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
