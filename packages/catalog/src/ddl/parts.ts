import type { Catalog, CatalogObject } from "../catalog.ts";
import { lastPart, unquote } from "../sql/names.ts";

/** DDL builder: gives the statements that create, drop or alter objects of one kind. */
export interface DdlBuilder {
  create(object: CatalogObject, catalog: Catalog): string[];
  drop(object: CatalogObject, catalog: Catalog): string[];
  /** Undefined: the object must be dropped and created again. `changed` holds the names of the changed properties. */
  alter?(
    expected: CatalogObject,
    found: CatalogObject,
    changed: readonly string[],
    catalog: Catalog,
  ): string[] | undefined;
}

/** A property as text, empty where it is not set. */
export function text(object: CatalogObject, property: string): string {
  const value = object.properties[property];
  return value === undefined ? "" : String(value);
}

/** A property as a list, empty where it is not one. */
export function list(object: CatalogObject, property: string): readonly string[] {
  const value = object.properties[property];
  return Array.isArray(value) ? value : [];
}

/** Joins the non-empty words with a space. */
export function join(...words: readonly string[]): string {
  return words.filter((word) => word !== "").join(" ");
}

const nouns: Partial<Record<CatalogObject["kind"], string>> = { enum: "type", range: "type" };

/** An object's kind and name for ALTER, DROP and GRANT. */
export function target(object: CatalogObject): string {
  if (object.kind === "view")
    return `${object.properties["materialized"] ? "materialized view" : "view"} ${object.name}`;
  if (object.kind === "function") return `${text(object, "type")} ${object.name}`;
  if (object.kind === "table" && object.properties["foreign"]) return `foreign table ${object.name}`;
  return `${nouns[object.kind] ?? object.kind} ${object.name}`;
}

/** The statements for the owner and privileges of a new object. */
export function rightsOf(object: CatalogObject): string[] {
  const empty = { ...object, properties: {} };
  return [...(object.properties["owner"] ? changeOwner(object) : []), ...changeGrants(object, empty)];
}

/** The statement that sets the expected owner. */
export function changeOwner(expected: CatalogObject): string[] {
  return [`alter ${target(expected)} owner to ${text(expected, "owner") || "current_user"}`];
}

/** The statements that grant missing privileges and revoke superfluous ones. */
export function changeGrants(expected: CatalogObject, found: CatalogObject): string[] {
  const [wanted, there] = [list(expected, "grants"), list(found, "grants")];
  const wrong = there.filter((entry) => !wanted.includes(entry)).map((entry) => privilege(expected, entry, false));
  return [
    ...wrong,
    ...wanted.filter((entry) => !there.includes(entry)).map((entry) => privilege(expected, entry, true)),
  ];
}

/** `no SELECT to api` means that this object lacks a privilege which new objects get by default. */
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

/** The statements that set and reset storage parameters. */
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

/** A sequence's options, all written out. */
export function sequenceOptions(sequence: CatalogObject): string {
  const { start, increment, min, max, cache, cycle } = sequence.properties;
  return join(
    `start with ${String(start)} increment by ${String(increment)} minvalue ${String(min)} maxvalue ${String(max)} cache ${String(cache)}`,
    cycle ? "cycle" : "",
  );
}

/** Whether a list of unquoted column names contains this column. */
export function covers(names: readonly string[], column: CatalogObject): boolean {
  return names.includes(unquote(lastPart(column.name)));
}

/** The statements for changed owner and privileges; ignores other changed properties. */
export function changeRights(expected: CatalogObject, found: CatalogObject, changed: readonly string[]): string[] {
  return [
    ...(changed.includes("owner") ? changeOwner(expected) : []),
    ...(changed.includes("grants") ? changeGrants(expected, found) : []),
  ];
}

/** The statements for changed owner and privileges; undefined where another property changed too. */
export const alterRights: NonNullable<DdlBuilder["alter"]> = (expected, found, changed) =>
  changed.some((property) => property !== "owner" && property !== "grants")
    ? undefined
    : changeRights(expected, found, changed);
