import type { Catalog, CatalogObject } from "../catalog.ts";
import {
  changeGrants,
  changeOptions,
  changeOwner,
  join,
  list,
  type DdlBuilder,
  rightsOf,
  target,
  text,
} from "./parts.ts";
import { lastPart } from "../sql/names.ts";
import { afterColumn, defineColumn, ownSequences } from "./column.ts";

/** DDL builder for tables with their columns; everything else that belongs to a table has its own builder. */
export const tables: DdlBuilder = {
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
      return [
        `-- ${expected.name} cannot be altered in its ${changed.join(", ")}: create a new table and copy the rows`,
      ];
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

/** DDL builder for constraints of all types. */
export const constraints: DdlBuilder = {
  create: (object) => [
    `alter table ${object.table} add constraint ${lastPart(object.name)} ${text(object, "definition")}`,
    ...(object.properties["clustered"] ? [cluster(object)] : []),
  ],
  drop: (object) => [`alter table ${object.table} drop constraint ${lastPart(object.name)}`],
  alter(expected, found, changed) {
    const rest = changed.filter((property) => property !== "clustered" && property !== "switchedOffOn");
    const valid = `${text(expected, "definition")} NOT VALID`;
    if (rest.length > 0)
      return text(found, "definition") === valid
        ? [`alter table ${expected.table} validate constraint ${lastPart(expected.name)}`]
        : undefined;
    return [
      ...(changed.includes("clustered") ? [cluster(expected)] : []),
      ...(changed.includes("switchedOffOn")
        ? list(found, "switchedOffOn").map((table) => `alter table ${table} enable trigger all`)
        : []),
    ];
  },
};

/** The statement that sets or removes this index, or this constraint's index, as the order of CLUSTER. */
export function cluster(object: CatalogObject): string {
  return `alter table ${object.table} ${object.properties["clustered"] ? `cluster on ${lastPart(object.name)}` : "set without cluster"}`;
}
