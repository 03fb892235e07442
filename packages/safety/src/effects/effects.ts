import type { Action } from "../parse/actions.ts";

import { lockModes } from "../finding.ts";
import { type Schema } from "../schema/schema.ts";
import type { Settings } from "../settings.ts";
import { defaultPartition, type Effect, locked, on, referencing, tablesWithType, withPartitions } from "./effect.ts";
import { changeEffects } from "./alter-table.ts";
import { dropEffects } from "./drop.ts";

/** What an action locks, scans, rewrites and builds. Nothing for what is not known to lock a relation. */
export function effectsOf(action: Action, schema: Schema, settings: Settings): Effect[] {
  const found = (readers[action.do] as Reader<Action> | undefined)?.(action, schema, settings) ?? [];
  const relations = [...new Set(found.map(({ relation }) => relation))];
  return relations.map((relation) => strongest(found.filter((one) => one.relation === relation)));
}

const works = ["none", "scan", "build", "rewrite"] as const;

function strongest(effects: readonly Effect[]): Effect {
  const by = (rank: (effect: Effect) => number) => effects.toSorted((a, b) => rank(b) - rank(a))[0] as Effect;
  const { relation, lock } = by((one) => lockModes.indexOf(one.lock));
  return { relation, lock, work: by((one) => works.indexOf(one.work)).work };
}

type Of<Do> = Extract<Action, { readonly do: Do }>;
type Reader<One extends Action> = (action: One, schema: Schema, settings: Settings) => Effect[];

const lockByNumber = ["", ...lockModes] as const;

const readers: { readonly [Do in Action["do"]]?: Reader<Of<Do>> } = {
  "create table": ({ constraints, partitionOf, parents, like }, schema) => {
    const defaults = partitionOf ? defaultPartition(schema, schema.resolve(partitionOf)) : undefined;
    return [
      ...constraints.flatMap(({ references }) =>
        references ? on(schema, references.table, "SHARE ROW EXCLUSIVE") : [],
      ),
      ...(partitionOf ? on(schema, partitionOf, "ACCESS EXCLUSIVE") : []),
      ...(defaults ? [{ relation: defaults.name, lock: "ACCESS EXCLUSIVE", work: "scan" } as const] : []),
      ...parents.flatMap((parent) => on(schema, parent, "SHARE UPDATE EXCLUSIVE")),
      ...(like ? on(schema, like, "ACCESS SHARE") : []),
    ];
  },
  "create view": ({ view, replace }, schema) =>
    replace && schema.relation(view) ? on(schema, view, "ACCESS EXCLUSIVE") : [],
  "create index": ({ table, concurrently, recursive }, schema) => {
    if (concurrently) return on(schema, table, "SHARE UPDATE EXCLUSIVE", "build");
    if (schema.relation(table)?.kind !== "partitioned table") return on(schema, table, "SHARE", "build");
    return recursive ? withPartitions(schema, table, "SHARE", "build") : on(schema, table, "SHARE");
  },
  drop: (action, schema) => dropEffects(action, schema),
  "alter table": ({ table, change }, schema, settings) => changeEffects(table, change, schema, settings),
  rename: ({ type, relation }, schema) => {
    if (type === "OBJECT_INDEX") return [];
    const isOfTable = ["OBJECT_TABLE", "OBJECT_COLUMN", "OBJECT_TABCONSTRAINT", "OBJECT_VIEW", "OBJECT_MATVIEW"];
    if (type === "OBJECT_TRIGGER" || type === "OBJECT_POLICY" || isOfTable.includes(type))
      return on(schema, relation, "ACCESS EXCLUSIVE");
    return [];
  },
  "set schema": ({ type, relation }, schema) =>
    type === "OBJECT_TABLE" || type === "OBJECT_VIEW" ? on(schema, relation, "ACCESS EXCLUSIVE") : [],
  truncate: ({ tables, cascade }, schema) =>
    tables.flatMap((table) => [
      ...withPartitions(schema, table, "ACCESS EXCLUSIVE", "rewrite"),
      ...(cascade ? referencing(schema, schema.resolve(table)).flatMap((name) => locked(name, "rewrite")) : []),
    ]),
  insert: ({ table }, schema) => on(schema, table, "ROW EXCLUSIVE"),
  merge: ({ table }, schema) => on(schema, table, "ROW EXCLUSIVE"),
  "copy from": ({ table }, schema) => on(schema, table, "ROW EXCLUSIVE"),
  update: ({ table }, schema) => on(schema, table, "ROW EXCLUSIVE"),
  delete: ({ table }, schema) => on(schema, table, "ROW EXCLUSIVE"),
  lock: ({ tables, mode }, schema) =>
    tables.flatMap((table) => withPartitions(schema, table, lockByNumber[mode] || "ACCESS EXCLUSIVE")),
  refresh: ({ view, concurrently, withData }, schema) =>
    on(schema, view, concurrently ? "EXCLUSIVE" : "ACCESS EXCLUSIVE", concurrently && !withData ? "none" : "rewrite"),
  reindex: ({ kind, name, concurrently }, schema) => {
    const table =
      kind === "index" ? schema.indexes.get(schema.resolve(name, schema.indexes))?.table : schema.resolve(name);
    if (table === undefined || (kind !== "index" && kind !== "table")) return [];
    return [{ relation: table, lock: concurrently ? "SHARE UPDATE EXCLUSIVE" : "SHARE", work: "build" }];
  },
  vacuum: ({ full, tables }, schema) =>
    tables.flatMap((table) =>
      full ? on(schema, table, "ACCESS EXCLUSIVE", "rewrite") : on(schema, table, "SHARE UPDATE EXCLUSIVE"),
    ),
  analyze: ({ tables }, schema) => {
    const stored = [...schema.relations.values()]
      .filter(({ kind }) => kind !== "view")
      .map(({ name }) => name.split("."));
    return (tables.length > 0 ? tables : stored).flatMap((table) => on(schema, table, "SHARE UPDATE EXCLUSIVE"));
  },
  cluster: ({ table }, schema) => (table.length > 0 ? on(schema, table, "ACCESS EXCLUSIVE", "rewrite") : []),
  "create trigger": ({ table }, schema) => withPartitions(schema, table, "SHARE ROW EXCLUSIVE"),
  "create rule": ({ table }, schema) => on(schema, table, "ACCESS EXCLUSIVE"),
  "create policy": ({ table }, schema) => on(schema, table, "ACCESS EXCLUSIVE"),
  "create statistics": ({ table }, schema) => on(schema, table, "SHARE UPDATE EXCLUSIVE"),
  "alter domain": ({ type, change, validated }, schema) => {
    if (change === "other" || (change === "add constraint" && !validated)) return [];
    return tablesWithType(schema, type.at(-1) ?? "").map(({ name }) => ({
      relation: name,
      lock: "SHARE",
      work: "scan",
    }));
  },
};
