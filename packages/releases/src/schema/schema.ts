import type { Catalog, CatalogObject } from "@thedata/catalog";
import { lastPart, partsOf, unquote } from "@thedata/catalog/sql";
import { familyOf } from "./family.ts";
import type { Family } from "../contract/contract.ts";

/** A catalog by tables, for questions about one. */
export interface Schema {
  table(name: string): CatalogObject | undefined;
  /** A table by its last name, in whatever schema. */
  tableNamed(name: string): CatalogObject | undefined;
  view(name: string): CatalogObject | undefined;
  sequence(name: string): CatalogObject | undefined;
  columns(table: string): readonly CatalogObject[];
  /** A column by its full name, as the catalog writes it: `public.users."order"`. */
  column(name: string): CatalogObject | undefined;
  /** A column by its own name, as it is: `order`. */
  columnOf(table: string, name: string): CatalogObject | undefined;
  /** The type of a column by its own name; `text` where there is none. */
  typeOf(table: string, name: string): string;
  /** The name of a table or view as the catalog writes it, by its own names; joined where there is none. */
  nameOf(schema: string | undefined, relation: string): string;
  /** Objects of a kind that belong to a table. */
  of(kind: CatalogObject["kind"], table: string): readonly CatalogObject[];
  /** Foreign keys that refer to a table. */
  incoming(table: string): readonly CatalogObject[];
  function(name: string): CatalogObject | undefined;
  /** True where there is a function of this name, whatever its arguments. */
  functionsNamed(name: string): boolean;
  domain(type: string): CatalogObject | undefined;
  /** A type without domains, and the values of an enum. */
  resolve(type: string): ResolvedType;
}

export interface ResolvedType {
  readonly type: string;
  readonly family: Family;
  /** Null: no enum. */
  readonly values: readonly string[] | null;
}

/** Arranges a catalog; `home` is the schema of names without one. */
export function toSchema(catalog: Catalog, home = "public"): Schema {
  const byKind = Map.groupBy(catalog, ({ kind }) => kind);
  const named = (kind: CatalogObject["kind"]) => new Map((byKind.get(kind) ?? []).map((one) => [one.name, one]));
  const lists = Map.groupBy(catalog, ({ kind, table }) => `${kind} ${table}`);
  const incoming = Map.groupBy(catalog, ({ properties }) => properties["references"]);
  const [tables, views, columns, functions] = [named("table"), named("view"), named("column"), named("function")];
  const byOwnNames = new Map(
    [...tables.keys(), ...views.keys()].map((name) => [ownNames(partsOf(name).map(unquote)), name]),
  );
  const ofTables = new Map([...columns.values()].map((one) => [`${one.table} ${shortName(one)}`, one]));
  const [enums, domains, sequences] = [named("enum"), named("domain"), named("sequence")];
  const resolve = (type: string): ResolvedType => {
    const domain = domains.get(type);
    if (domain) return resolve(String(domain.properties["type"]));
    const values = enums.get(type)?.properties["values"];
    return { type, family: familyOf(type), values: Array.isArray(values) ? values.map(String) : null };
  };
  return {
    table: (name) => tables.get(name),
    tableNamed: (name) => [...tables.values()].find((one) => lastPart(one.name) === name),
    view: (name) => views.get(name),
    sequence: (name) => sequences.get(name),
    columns: (table) => lists.get(`column ${table}`) ?? [],
    column: (name) => columns.get(name),
    columnOf: (table, name) => ofTables.get(`${table} ${name}`),
    typeOf: (table, name) => String(ofTables.get(`${table} ${name}`)?.properties["type"] ?? "text"),
    nameOf: (schema = home, relation) => byOwnNames.get(ownNames([schema, relation])) ?? `${schema}.${relation}`,
    of: (kind, table) => lists.get(`${kind} ${table}`) ?? [],
    incoming: (table) => incoming.get(table) ?? [],
    function: (name) => functions.get(name),
    functionsNamed: (name) => [...functions.keys()].some((one) => one.startsWith(`${name}(`)),
    domain: (type) => domains.get(type),
    resolve,
  };
}

const ownNames = (names: readonly string[]) => names.join("\n");

/** A column's own name, without its table and quotes. */
export function shortName({ name }: CatalogObject): string {
  return unquote(lastPart(name));
}

/** The columns of a constraint or an index, by their own names. */
export function columnsOf({ properties }: CatalogObject): string[] {
  return [properties["columns"] ?? []].flat().map((column) => unquote(String(column)));
}

/** True where two types have the same name and, for enums, the same values. */
export function isSameType(one: ResolvedType, other: ResolvedType): boolean {
  return one.type === other.type && one.values?.join("\n") === other.values?.join("\n");
}

/** True where a new row gets a value although nobody gives one. */
export function fillsItself({ properties }: CatalogObject): boolean {
  return ["default", "identity", "generated"].some((key) => properties[key] !== undefined);
}

export function isNotNull({ properties }: CatalogObject): boolean {
  return properties["notNull"] !== undefined;
}
