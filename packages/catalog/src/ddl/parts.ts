import type { Catalog, CatalogObject } from "../catalog.ts";
import { lastPart, unquote } from "../sql/names.ts";

/** How a kind of object is brought to what it should be. */
export interface DdlBuilder {
  create(object: CatalogObject, catalog: Catalog): string[];
  drop(object: CatalogObject, catalog: Catalog): string[];
  /** Undefined: there is no way but to drop it and make it anew. `changed` names the properties. */
  alter?(
    expected: CatalogObject,
    found: CatalogObject,
    changed: readonly string[],
    catalog: Catalog,
  ): string[] | undefined;
}

/** A property as text; an empty one where it is not set. */
export function text(object: CatalogObject, property: string): string {
  const value = object.properties[property];
  return value === undefined ? "" : String(value);
}

/** A property as a list. */
export function list(object: CatalogObject, property: string): readonly string[] {
  const value = object.properties[property];
  return Array.isArray(value) ? value : [];
}

/** The words that are not empty, with a space between. */
export function join(...words: readonly string[]): string {
  return words.filter((word) => word !== "").join(" ");
}

const nouns: Partial<Record<CatalogObject["kind"], string>> = { enum: "type", range: "type" };

/** The object as ALTER, DROP and GRANT name it. */
export function target(object: CatalogObject): string {
  if (object.kind === "view")
    return `${object.properties["materialized"] ? "materialized view" : "view"} ${object.name}`;
  if (object.kind === "function") return `${text(object, "type")} ${object.name}`;
  if (object.kind === "table" && object.properties["foreign"]) return `foreign table ${object.name}`;
  return `${nouns[object.kind] ?? object.kind} ${object.name}`;
}

/** Owner and privileges of a new object. */
export function rightsOf(object: CatalogObject): string[] {
  const empty = { ...object, properties: {} };
  return [...(object.properties["owner"] ? changeOwner(object) : []), ...changeGrants(object, empty)];
}

/** Gives the object to the owner that it should have. */
export function changeOwner(expected: CatalogObject): string[] {
  return [`alter ${target(expected)} owner to ${text(expected, "owner") || "current_user"}`];
}

/** Grants what is missing and revokes what should not be there. */
export function changeGrants(expected: CatalogObject, found: CatalogObject): string[] {
  const [wanted, there] = [list(expected, "grants"), list(found, "grants")];
  const wrong = there.filter((entry) => !wanted.includes(entry)).map((entry) => privilege(expected, entry, false));
  return [
    ...wrong,
    ...wanted.filter((entry) => !there.includes(entry)).map((entry) => privilege(expected, entry, true)),
  ];
}

/** `no SELECT to api` is a privilege that every new object has and this one has not. */
function privilege(object: CatalogObject, entry: string, wanted: boolean): string {
  const [, no, right = "", role = "", option = ""] = /^(no )?(.+?) to (.+?)( with grant option)?$/.exec(entry) ?? [];
  const { on, columns } = grantee(object);
  return (no === undefined) === wanted
    ? `grant ${right}${columns} on ${on} to ${role}${option}`
    : `revoke ${right}${columns} on ${on} from ${role}`;
}

function grantee(object: CatalogObject): { on: string; columns: string } {
  if (object.kind === "column") return { on: `table ${object.table}`, columns: ` (${lastPart(object.name)})` };
  if (object.kind === "table" || object.kind === "view") return { on: `table ${object.name}`, columns: "" };
  return { on: object.kind === "domain" ? `type ${object.name}` : target(object), columns: "" };
}

/** Sets and resets storage parameters. */
export function changeOptions(what: string, expected: CatalogObject, found: CatalogObject): string[] {
  const [now, wanted] = [list(found, "options"), list(expected, "options")];
  const keys = (options: readonly string[]) => options.map((option) => option.split("=")[0] ?? "");
  const gone = keys(now).filter((key) => !keys(wanted).includes(key));
  const fresh = wanted.filter((option) => !now.includes(option)).map((option) => option.replace(/=(.*)$/s, "='$1'"));
  return [
    ...(gone.length > 0 ? [`alter ${what} reset (${gone.join(", ")})`] : []),
    ...(fresh.length > 0 ? [`alter ${what} set (${fresh.join(", ")})`] : []),
  ];
}

/** The options of a sequence, all of them written out. */
export function sequenceOptions(sequence: CatalogObject): string {
  const { start, increment, min, max, cache, cycle } = sequence.properties;
  return join(
    `start with ${String(start)} increment by ${String(increment)} minvalue ${String(min)} maxvalue ${String(max)} cache ${String(cache)}`,
    cycle ? "cycle" : "",
  );
}

/** Whether a list of plain column names holds this column. */
export function covers(names: readonly string[], column: CatalogObject): boolean {
  return names.includes(unquote(lastPart(column.name)));
}

/** Alters owner and privileges, whatever else differs. */
export function changeRights(expected: CatalogObject, found: CatalogObject, changed: readonly string[]): string[] {
  return [
    ...(changed.includes("owner") ? changeOwner(expected) : []),
    ...(changed.includes("grants") ? changeGrants(expected, found) : []),
  ];
}

/** Alters owner and privileges where nothing else differs. */
export const alterRights: NonNullable<DdlBuilder["alter"]> = (expected, found, changed) =>
  changed.some((property) => property !== "owner" && property !== "grants")
    ? undefined
    : changeRights(expected, found, changed);
