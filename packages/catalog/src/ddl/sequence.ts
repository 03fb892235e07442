import type { CatalogObject, Property } from "../catalog.ts";
import { changeRights, type DdlBuilder, rightsOf, sequenceOptions, target, text } from "./parts.ts";

/** DDL builder for sequences; an identity column's sequence is created and dropped with the column. */
export const sequences: DdlBuilder = {
  create: (object) =>
    object.properties["identity"]
      ? []
      : [
          `create ${object.properties["unlogged"] ? "unlogged " : ""}sequence ${object.name} as ${text(object, "type")} ${sequenceOptions(object)}`,
          ...rightsOf(object),
        ],
  drop: (object) => (object.properties["identity"] ? [] : [`drop ${target(object)}`]),
  alter(expected, found, changed) {
    if (changed.includes("identity")) return [];
    const own = changed.filter((property) => !["owner", "grants", "ownedBy", "unlogged"].includes(property));
    return [
      ...(own.length > 0 ? [alterOptions(expected, found, own)] : []),
      ...(changed.includes("ownedBy")
        ? [`alter sequence ${expected.name} owned by ${text(expected, "ownedBy") || "none"}`]
        : []),
      ...(changed.includes("unlogged")
        ? [`alter sequence ${expected.name} set ${expected.properties["unlogged"] ? "unlogged" : "logged"}`]
        : []),
      ...changeRights(expected, found, changed),
    ];
  },
};

function alterOptions(expected: CatalogObject, found: CatalogObject, changed: readonly string[]): string {
  const alter = `alter sequence ${expected.name} as ${text(expected, "type")}`;
  const alone: CatalogObject["properties"] = { ...found.properties, ...boundsAs(found, text(expected, "type")) };
  const followed = changed.every((name) => name === "type" || alone[name] === expected.properties[name]);
  return followed ? alter : `${alter} ${sequenceOptions(expected)}${expected.properties["cycle"] ? "" : " no cycle"}`;
}

const bounds: Readonly<Record<string, readonly [min: string, max: string]>> = {
  smallint: ["-32768", "32767"],
  integer: ["-2147483648", "2147483647"],
  bigint: ["-9223372036854775808", "9223372036854775807"],
};

/** A sequence's bounds after `alter sequence … as type`: bounds equal to the old type's change to the new type's. */
export function boundsAs({ properties }: CatalogObject, type: string): Record<"min" | "max", Property> {
  const [from, to] = [bounds[String(properties["type"])], bounds[type]];
  const follow = (value: Property = "", index: 0 | 1) => (from && to && value === from[index] ? to[index] : value);
  return { min: follow(properties["min"], 0), max: follow(properties["max"], 1) };
}
