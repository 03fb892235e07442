import type { Catalog, CatalogObject } from "./catalog.ts";
import { changeGrants, changeOwner, join, list, type Mender, rightsOf, target, text } from "./mend-parts.ts";
import { lastPart, unquote } from "./names.ts";

/** Tables with their columns; what else belongs to them comes after. */
export const tables: Mender = {
  create(object, catalog) {
    const columns = catalog
      .filter((one) => one.kind === "column" && one.table === object.name && !one.inherited)
      .toSorted((a, b) => a.position - b.position);
    return [
      createTable(object, columns, catalog),
      ...afterTable(object),
      ...columns.flatMap((column) => [...ownSequences(column, catalog), ...afterColumn(column)]),
      ...rightsOf(object),
    ];
  },
  drop: (object) => [`drop ${target(object)}`],
  alter(expected, found, changed) {
    const alter = (clause: string) => `alter table ${expected.name} ${clause}`;
    if (changed.some((property) => ["partitionBy", "foreign", "ofType"].includes(property)))
      return [`-- ${expected.name} cannot be altered in its ${changed.join(", ")}: make it anew and copy its rows`];
    return changed.flatMap((property) => {
      switch (property) {
        case "unlogged":
          return [alter(expected.properties[property] ? "set unlogged" : "set logged")];
        case "rowSecurity":
          return [alter(`${expected.properties[property] ? "enable" : "disable"} row level security`)];
        case "forceRowSecurity":
          return [alter(`${expected.properties[property] ? "force" : "no force"} row level security`)];
        case "replicaIdentity":
          return [alter(`replica identity ${text(expected, property) || "default"}`)];
        case "options":
          return changeOptions(target(expected), expected, found);
        case "partitionOf":
          return changePartition(expected, found);
        case "partitionBound":
          return changed.includes("partitionOf") ? [] : changePartition(expected, found);
        case "inherits":
          return changeParents(expected, found);
        case "owner":
          return changeOwner(expected);
        case "grants":
          return changeGrants(expected, found);
        default:
          return [];
      }
    });
  },
};

function createTable(object: CatalogObject, columns: readonly CatalogObject[], catalog: Catalog): string {
  const unlogged = object.properties["unlogged"] ? "unlogged " : "";
  const parent = text(object, "partitionOf");
  if (parent)
    return join(
      `create ${unlogged}table ${object.name} partition of ${parent} ${text(object, "partitionBound")}`,
      partitionBy(object),
    );
  const lines = columns.map((column) => `  ${defineColumn(column, catalog)}`).join(",\n");
  return join(
    `create ${object.properties["foreign"] ? "foreign " : unlogged}table ${object.name} (${lines ? `\n${lines}\n` : ""})`,
    list(object, "inherits").length > 0 ? `inherits (${list(object, "inherits").join(", ")})` : "",
    partitionBy(object),
    object.properties["foreign"] ? `server ${text(object, "foreign")}` : "",
  );
}

function partitionBy(object: CatalogObject): string {
  return object.properties["partitionBy"] ? `partition by ${text(object, "partitionBy")}` : "";
}

function afterTable(object: CatalogObject): string[] {
  const plain = { ...object, properties: {} };
  return ["rowSecurity", "forceRowSecurity", "options"].flatMap((property) =>
    object.properties[property] === undefined ? [] : (tables.alter?.(object, plain, [property], []) ?? []),
  );
}

function changePartition(expected: CatalogObject, found: CatalogObject): string[] {
  const [now, wanted] = [text(found, "partitionOf"), text(expected, "partitionOf")];
  return [
    ...(now ? [`alter table ${now} detach partition ${expected.name}`] : []),
    ...(wanted ? [`alter table ${wanted} attach partition ${expected.name} ${text(expected, "partitionBound")}`] : []),
  ];
}

function changeParents(expected: CatalogObject, found: CatalogObject): string[] {
  const [now, wanted] = [list(found, "inherits"), list(expected, "inherits")];
  const alter = `alter table ${expected.name}`;
  return [
    ...now.filter((parent) => !wanted.includes(parent)).map((parent) => `${alter} no inherit ${parent}`),
    ...wanted.filter((parent) => !now.includes(parent)).map((parent) => `${alter} inherit ${parent}`),
  ];
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

/** Columns of tables that are there. */
export const columns: Mender = {
  create: (object, catalog) => [
    `alter table ${object.table} add column ${defineColumn(object, catalog)}`,
    ...ownSequences(object, catalog),
    ...afterColumn(object),
  ],
  drop: (object) => [`alter table ${object.table} drop column ${lastPart(object.name)}`],
  alter(expected, found, changed, catalog) {
    // An expression that generates can only be taken away.
    const generation =
      changed.includes("generated") || (changed.includes("default") && expected.properties["generated"]);
    if (generation && expected.properties["generated"]) return undefined;
    const alter = (clause: string) => `alter table ${expected.table} alter column ${lastPart(expected.name)} ${clause}`;
    const type = changed.some((property) => property === "type" || property === "collation");
    return [
      ...(generation ? [alter("drop expression")] : []),
      ...(found.properties["identity"] && !expected.properties["identity"] ? [alter("drop identity")] : []),
      ...((type || changed.includes("default")) && found.properties["default"] && !generation
        ? [alter("drop default")]
        : []),
      ...(type ? [changeType(expected, alter)] : []),
      ...changeNull(expected, changed, alter),
      ...((type || changed.includes("default")) && expected.properties["default"]
        ? [alter(`set default ${text(expected, "default")}`)]
        : []),
      ...changeIdentity(expected, found, changed, alter, catalog),
      ...changeStorage(expected, found, changed, alter),
      ...(changed.includes("grants") ? changeGrants(expected, found) : []),
    ];
  },
};

function changeType(expected: CatalogObject, alter: (clause: string) => string): string {
  const collate = expected.properties["collation"] ? ` collate ${text(expected, "collation")}` : "";
  return alter(`type ${text(expected, "type")}${collate} using ${lastPart(expected.name)}::${text(expected, "type")}`);
}

function changeNull(expected: CatalogObject, changed: readonly string[], alter: (clause: string) => string): string[] {
  if (!changed.includes("notNull")) return [];
  return [alter(expected.properties["notNull"] ? "set not null" : "drop not null")];
}

function changeIdentity(
  expected: CatalogObject,
  found: CatalogObject,
  changed: readonly string[],
  alter: (clause: string) => string,
  catalog: Catalog,
): string[] {
  const identity = text(expected, "identity");
  if (!changed.includes("identity") || !identity) return [];
  return found.properties["identity"]
    ? [alter(`set generated ${identity}`)]
    : [alter(`add generated ${identity} as identity${identityOptions(expected, catalog)}`)];
}

function changeStorage(
  expected: CatalogObject,
  found: CatalogObject,
  changed: readonly string[],
  alter: (clause: string) => string,
): string[] {
  return changed.flatMap((property) => {
    if (property === "storage") return [alter(`set storage ${text(expected, property) || usualStorage(expected)}`)];
    if (property === "compression") return [alter(`set compression ${text(expected, property) || "default"}`)];
    if (property === "statistics") return [alter(`set statistics ${text(expected, property) || "-1"}`)];
    if (property !== "options") return [];
    return changeOptions(`table ${expected.table} alter column ${lastPart(expected.name)}`, expected, found).map(
      (sql) => sql.replace(/^alter (table \S+ alter column \S+) /, "alter $1 "),
    );
  });
}

/** The storage of the column's type; only from PostgreSQL 16 on is it called `default`. */
function usualStorage(column: CatalogObject): string {
  return /^(numeric|inet|cidr)/.test(text(column, "type")) ? "main" : "extended";
}

/** A column as CREATE TABLE and ADD COLUMN take it. */
function defineColumn(column: CatalogObject, catalog: Catalog): string {
  const { collation, generated, identity, notNull } = column.properties;
  const expression = text(column, "default");
  return join(
    `${lastPart(column.name)} ${text(column, "type")}`,
    collation ? `collate ${String(collation)}` : "",
    generated ? `generated always as (${expression}) ${String(generated)}` : expression && `default ${expression}`,
    identity ? `generated ${String(identity)} as identity${identityOptions(column, catalog)}` : "",
    notNull && !identity ? "not null" : "",
  );
}

function identityOptions(column: CatalogObject, catalog: Catalog): string {
  const sequence = catalog.find(
    (one) => one.kind === "sequence" && one.properties["identity"] && one.properties["ownedBy"] === column.name,
  );
  return sequence ? ` (sequence name ${sequence.name} ${sequenceOptions(sequence)})` : "";
}

/** A serial column's sequence is made before its table, and goes with the column. */
function ownSequences(column: CatalogObject, catalog: Catalog): string[] {
  const owned = catalog.filter(
    (one) => one.kind === "sequence" && !one.properties["identity"] && one.properties["ownedBy"] === column.name,
  );
  return owned.map((sequence) => `alter sequence ${sequence.name} owned by ${column.name}`);
}

/** The options of a sequence, all of them written out. */
export function sequenceOptions(sequence: CatalogObject): string {
  const { start, increment, min, max, cache, cycle } = sequence.properties;
  return join(
    `start with ${String(start)} increment by ${String(increment)} minvalue ${String(min)} maxvalue ${String(max)} cache ${String(cache)}`,
    cycle ? "cycle" : "",
  );
}

function afterColumn(column: CatalogObject): string[] {
  const plain = { ...column, properties: {} };
  const set = ["storage", "compression", "statistics", "options", "grants"].filter(
    (property) => column.properties[property] !== undefined,
  );
  return set.length > 0 ? (columns.alter?.(column, plain, set, []) ?? []) : [];
}

/** Constraints, whatever their kind. */
export const constraints: Mender = {
  create: (object) => [
    `alter table ${object.table} add constraint ${lastPart(object.name)} ${text(object, "definition")}`,
  ],
  drop: (object) => [`alter table ${object.table} drop constraint ${lastPart(object.name)}`],
  alter: (expected, found) =>
    text(found, "definition") === `${text(expected, "definition")} NOT VALID`
      ? [`alter table ${expected.table} validate constraint ${lastPart(expected.name)}`]
      : undefined,
};

/** Whether a list of plain column names holds this column. */
export function covers(names: readonly string[], column: CatalogObject): boolean {
  return names.includes(unquote(lastPart(column.name)));
}
