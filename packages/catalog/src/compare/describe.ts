import { changedProperties, type Difference } from "./compare.ts";
import type { CatalogObject, Property, Kind } from "../catalog.ts";
import { lastPart, qualifierOf, shorten } from "../sql/names.ts";
import { isMove, type Rename } from "./renames.ts";

/** Describes a difference; `place` says where the schema was found: "in the live database". */
export function describeDifference({ kind, name, expected, found }: Difference, place = ""): string {
  const what = `${nounOf(kind, expected ?? found)} ${shorten(name)}`;
  const where = place ? ` ${place}` : "";
  if (!found) return `${what} is missing${where}`;
  if (!expected) return `${what} should not be there${where}`;
  const changes = changedProperties(expected, found).map((property) =>
    describeChange(property, found.properties[property], expected.properties[property]),
  );
  return `${what}${where}: ${changes.join("; ")}`;
}

function nounOf(kind: Kind, object: CatalogObject | null): string {
  if (kind === "comment") return "the comment on";
  return kind === "function" ? String(object?.properties["type"] ?? kind) : kind;
}

/** Describes a rename; `place` as in `describeDifference`. */
export function describeRename(rename: Rename, place = ""): string {
  const { kind, from, to } = rename;
  const right = isMove(rename) ? `be in the schema ${qualifierOf(to)}` : `be named ${lastPart(to)}`;
  return `${kind} ${shorten(from)} should ${right}${place ? ` ${place}` : ""}`;
}

function describeChange(property: string, is: Property | undefined, should: Property | undefined): string {
  const [now, wanted] = [show(is).split("\n"), show(should).split("\n")];
  if (now.length < 2 && wanted.length < 2) return `${words(property)} is ${now[0]}, and should be ${wanted[0]}`;
  // For a text of several lines, name the first line that differs.
  const line = wanted.findIndex((text, index) => text !== now[index]);
  const at = line < 0 ? wanted.length : line;
  return `${words(property)} differs in line ${at + 1}: ${now[at]?.trim() ?? "nothing"}, and should be ${wanted[at]?.trim() ?? "nothing"}`;
}

function words(property: string): string {
  return property.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function show(value: Property | undefined): string {
  if (value === undefined) return "not set";
  return shorten(Array.isArray(value) ? `(${value.join(", ")})` : String(value));
}
