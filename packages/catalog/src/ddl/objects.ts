import { escapeLiteral } from "pg";
import type { CatalogObject, Kind } from "../catalog.ts";
import { columns } from "./column.ts";
import {
  alterRights,
  changeRights,
  changeGrants,
  changeOptions,
  changeOwner,
  list,
  type DdlBuilder,
  rightsOf,
  target,
  text,
} from "./parts.ts";
import { cluster, constraints, tables } from "./table.ts";
import { sequences } from "./sequence.ts";
import { composites, domains, enums } from "./types.ts";
import { lastPart } from "../sql/names.ts";

const drop = (object: CatalogObject) => [`drop ${target(object)}`];
/** Drops an object whose name is unique only within its table. */
const dropOnTable = (object: CatalogObject) => [`drop ${object.kind} ${lastPart(object.name)} on ${object.table}`];

const indexes: DdlBuilder = {
  create: (object) => [
    // For a partitioned table's index, PostgreSQL shows `ON ONLY`, which leaves out the partitions' indexes.
    object.properties["invalid"] ? text(object, "definition") : text(object, "definition").replace(" ON ONLY ", " ON "),
    ...(object.properties["clustered"] ? [cluster(object)] : []),
  ],
  drop,
  alter: (expected, _found, changed) =>
    changed.some((property) => property !== "clustered") ? undefined : [cluster(expected)],
};

const views: DdlBuilder = {
  create(object) {
    const options = list(object, "options");
    const set =
      options.length > 0 ? ` with (${options.map((option) => option.replace(/=(.*)$/s, "='$1'")).join(", ")})` : "";
    const query = text(object, "definition").trim().replace(/;$/, "");
    const data = object.properties["unpopulated"] ? "\nwith no data" : "";
    const bare = { ...object, properties: {} };
    return [`create ${target(object)}${set} as\n${query}${data}`, ...rightsOf(object), ...changeColumns(object, bare)];
  },
  drop,
  alter(expected, found, changed) {
    if (changed.includes("definition") || changed.includes("materialized")) return undefined;
    return [
      ...(changed.includes("options") ? changeOptions(target(expected), expected, found) : []),
      ...(changed.includes("unpopulated") ? [`refresh materialized view ${expected.name}`] : []),
      ...changeRights(expected, found, changed),
      ...changeColumns(expected, found),
    ];
  },
};

/** Changes the defaults (for INSERTs) and privileges of a view's columns. */
function changeColumns(expected: CatalogObject, found: CatalogObject): string[] {
  const columns = (object: CatalogObject, property: string) => Map.groupBy(list(object, property), firstName);
  const defaults = [columns(expected, "columnDefaults"), columns(found, "columnDefaults")] as const;
  const rights = [columns(expected, "columnGrants"), columns(found, "columnGrants")] as const;
  const behind = (entries: readonly string[] = []) => entries.map((entry) => entry.slice(firstName(entry).length + 1));
  const alter = (column: string, [value]: readonly string[]) =>
    `alter view ${expected.name} alter column ${column} ${value === undefined ? "drop default" : `set default ${value}`}`;
  return [
    ...namesIn(defaults)
      .filter((column) => defaults[0].get(column)?.join() !== defaults[1].get(column)?.join())
      .map((column) => alter(column, behind(defaults[0].get(column)))),
    ...namesIn(rights).flatMap((column) => {
      const [wanted, there] = rights.map((one) => ({
        ...expected,
        kind: "column" as const,
        table: expected.name,
        name: `${expected.name}.${column}`,
        properties: { grants: behind(one.get(column)) },
      }));
      return wanted && there ? changeGrants(wanted, there) : [];
    }),
  ];
}

/** The identifier at the start of a text. */
function firstName(entry: string): string {
  return /^("(?:[^"]|"")*"|\S+)/.exec(entry)?.[1] ?? "";
}

function namesIn(maps: readonly ReadonlyMap<string, unknown>[]): string[] {
  return [...new Set(maps.flatMap((map) => [...map.keys()]))];
}

const header = (object: CatalogObject) => text(object, "definition").split(/\n(?:AS|BEGIN| LANGUAGE)/)[0];

const functions: DdlBuilder = {
  create: (object) =>
    text(object, "type") === "aggregate"
      ? [`create aggregate ${object.name} (${text(object, "definition")})`, ...rightsOf(object)]
      : [text(object, "definition"), ...rightsOf(object)],
  drop,
  alter(expected, found, changed, catalog) {
    const rights = alterRights(expected, found, changed, catalog);
    // `create or replace` keeps dependents, but needs the same arguments and result.
    if (
      rights ||
      changed.includes("type") ||
      text(expected, "type") === "aggregate" ||
      header(expected) !== header(found)
    )
      return rights;
    return [
      text(expected, "definition"),
      ...(changed.includes("owner") ? changeOwner(expected) : []),
      ...changeGrants(expected, found),
    ];
  },
};

const ables: Readonly<Record<string, string>> = {
  disabled: "disable",
  replica: "enable replica",
  always: "enable always",
};
const enabled = (object: CatalogObject) => ables[text(object, "enabled")] ?? "enable";

const onTable = (noun: "trigger" | "rule"): DdlBuilder => {
  const able = (object: CatalogObject, table: string | null, how: string) =>
    `alter table ${table} ${how} ${noun} ${lastPart(object.name)}`;
  /** Enables or disables the trigger on those partitions that differ from the parent table. */
  const exceptions = (expected: CatalogObject, found: CatalogObject) => {
    const [wanted, there] = [list(expected, "exceptOn"), list(found, "exceptOn")].map(
      (entries) => new Map(entries.map((entry) => [entry.replace(/ \w+$/, ""), entry.replace(/^.* /, "")])),
    ) as [Map<string, string>, Map<string, string>];
    return namesIn([wanted, there]).map((table) => {
      const state = wanted.get(table);
      return able(expected, table, state === undefined ? enabled(expected) : (ables[state] ?? "enable"));
    });
  };
  return {
    create: (object) => [
      text(object, "definition"),
      ...(object.properties["enabled"] ? [able(object, object.table, enabled(object))] : []),
      ...exceptions(object, { ...object, properties: {} }),
    ],
    drop: dropOnTable,
    alter: (expected, found, changed) =>
      changed.includes("definition")
        ? undefined
        : [
            ...(changed.includes("enabled") ? [able(expected, expected.table, enabled(expected))] : []),
            ...exceptions(expected, found),
          ],
  };
};

const policies: DdlBuilder = {
  create: (object) => [
    [
      `create policy ${lastPart(object.name)} on ${object.table}`,
      ...(object.properties["restrictive"] ? ["as restrictive"] : []),
      `for ${text(object, "command")} to ${list(object, "roles").join(", ")}`,
      ...(object.properties["using"] ? [`using (${text(object, "using")})`] : []),
      ...(object.properties["check"] ? [`with check (${text(object, "check")})`] : []),
    ].join(" "),
  ],
  drop: dropOnTable,
};

const commentTarget = ({ name }: CatalogObject) =>
  name.replace(/^table (constraint)/, "$1").replace(/^domain (constraint .+) on /, "$1 on domain ");
const comments: DdlBuilder = {
  create: (object) => [`comment on ${commentTarget(object)} is ${escapeLiteral(text(object, "text"))}`],
  drop: (object) => [`comment on ${commentTarget(object)} is null`],
  alter: (expected) => [`comment on ${commentTarget(expected)} is ${escapeLiteral(text(expected, "text"))}`],
};

const eventTriggers: DdlBuilder = {
  create(object) {
    const tags = list(object, "tags");
    const when = tags.length > 0 ? ` when tag in (${tags.map(escapeLiteral).join(", ")})` : "";
    return [
      `create event trigger ${object.name} on ${text(object, "event")}${when} execute function ${text(object, "function")}`,
      ...(object.properties["enabled"] ? [`alter event trigger ${object.name} ${enabled(object)}`] : []),
    ];
  },
  drop,
  alter: (expected, _found, changed) =>
    changed.some((property) => property !== "enabled")
      ? undefined
      : [`alter event trigger ${expected.name} ${enabled(expected)}`],
};

/** The DDL builder of each kind. */
export const builders: Readonly<Record<Kind, DdlBuilder>> = {
  extension: {
    create: (object) => [`create extension ${object.name} with schema ${text(object, "schema")}`],
    drop,
    alter: (expected) => [`alter extension ${expected.name} set schema ${text(expected, "schema")}`],
  },
  schema: { create: (object) => [`create schema ${object.name}`, ...rightsOf(object)], drop, alter: alterRights },
  collation: {
    create: (object) => [
      `create collation ${object.name} (provider = ${text(object, "provider")}, locale = ${escapeLiteral(text(object, "locale"))}${object.properties["nondeterministic"] ? ", deterministic = false" : ""})`,
      ...rightsOf(object),
    ],
    drop,
    alter: alterRights,
  },
  enum: enums,
  domain: domains,
  type: composites,
  range: {
    create: (object) => [
      `create type ${object.name} as range (${["subtype = " + text(object, "subtype"), text(object, "more")].filter(Boolean).join(", ")})`,
      ...rightsOf(object),
    ],
    drop,
    alter: alterRights,
  },
  sequence: sequences,
  function: functions,
  table: tables,
  column: columns,
  constraint: constraints,
  index: indexes,
  view: views,
  trigger: onTable("trigger"),
  policy: policies,
  rule: onTable("rule"),
  statistics: { create: (object) => [text(object, "definition")], drop },
  "event trigger": eventTriggers,
  comment: comments,
};
