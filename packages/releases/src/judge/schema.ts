import type { Catalog, CatalogObject } from "@thedata/catalog";
import { familyOf } from "../record/family.ts";
import type { Family } from "../contract/contract.ts";

/** A catalog by tables, for questions about one. */
export interface Schema {
  table(name: string): CatalogObject | undefined;
  view(name: string): CatalogObject | undefined;
  columns(table: string): readonly CatalogObject[];
  /** A column by its full name, `public.users.email`. */
  column(name: string): CatalogObject | undefined;
  /** Objects of a kind that belong to a table. */
  of(kind: CatalogObject["kind"], table: string): readonly CatalogObject[];
  /** Foreign keys that refer to a table. */
  incoming(table: string): readonly CatalogObject[];
  function(name: string): CatalogObject | undefined;
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

/** Arranges a catalog. */
export function toSchema(catalog: Catalog): Schema {
  const byKind = Map.groupBy(catalog, ({ kind }) => kind);
  const named = (kind: CatalogObject["kind"]) => new Map((byKind.get(kind) ?? []).map((one) => [one.name, one]));
  const lists = new Map<string, CatalogObject[]>();
  const incoming = new Map<string, CatalogObject[]>();
  for (const object of catalog) {
    if (object.table !== null) push(lists, `${object.kind} ${object.table}`, object);
    if (object.properties["references"] !== undefined) push(incoming, String(object.properties["references"]), object);
  }
  const [tables, views, columns, functions] = [named("table"), named("view"), named("column"), named("function")];
  const [enums, domains] = [named("enum"), named("domain")];
  const resolve = (type: string): ResolvedType => {
    const domain = domains.get(type);
    if (domain) return resolve(String(domain.properties["type"]));
    const values = enums.get(type)?.properties["values"];
    return { type, family: familyOf(type), values: Array.isArray(values) ? values.map(String) : null };
  };
  return {
    table: (name) => tables.get(name),
    view: (name) => views.get(name),
    columns: (table) => lists.get(`column ${table}`) ?? [],
    column: (name) => columns.get(name),
    of: (kind, table) => lists.get(`${kind} ${table}`) ?? [],
    incoming: (table) => incoming.get(table) ?? [],
    function: (name) => functions.get(name),
    domain: (type) => domains.get(type),
    resolve,
  };
}

function push<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** The column's name without its table. */
export function shortName(column: string, table: string): string {
  return column.slice(table.length + 1);
}

/** True where a new row gets a value although nobody gives one. */
export function fillsItself({ properties }: CatalogObject): boolean {
  return ["default", "identity", "generated"].some((key) => properties[key] !== undefined);
}

export function isNotNull({ properties }: CatalogObject): boolean {
  return properties["notNull"] !== undefined;
}
