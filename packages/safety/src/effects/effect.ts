import { type LockMode } from "../finding.ts";
import { type Relation, type Schema } from "../schema/schema.ts";
import type { Name } from "../parse/syntax.ts";

/** What an action does to one relation. */
export interface Effect {
  /** `schema.table`. */
  readonly relation: string;
  readonly lock: LockMode;
  /** What takes as long as the relation is large. */
  readonly work: "none" | "scan" | "rewrite" | "build";
}

export const on = (schema: Schema, name: Name, lock: LockMode, work: Effect["work"] = "none"): Effect[] => [
  { relation: schema.resolve(name), lock, work },
];
export const withPartitions = (schema: Schema, name: Name, lock: LockMode, work: Effect["work"] = "none"): Effect[] => {
  const full = schema.resolve(name);
  return [full, ...schema.partitionsOf(full).map((one) => one.name)].map((relation) => {
    // A partitioned table has no rows of its own.
    const hasRows = schema.relations.get(relation)?.kind !== "partitioned table";
    return { relation, lock, work: hasRows ? work : "none" };
  });
};

/** An ACCESS EXCLUSIVE lock on a relation. */
export function locked(relation: string, work: Effect["work"] = "none"): Effect[] {
  return [{ relation, lock: "ACCESS EXCLUSIVE", work }];
}

/** The tables whose foreign keys lead to a table, directly or over others. */
export function referencing(schema: Schema, table: string, seen: readonly string[] = [table]): string[] {
  const names = [...new Set(schema.referencesTo(table).map(({ from }) => from.name))].filter(
    (name) => !seen.includes(name),
  );
  return [...names, ...names.flatMap((name) => referencing(schema, name, [...seen, ...names]))];
}

/** The views that read a relation, directly or over others. */
export function viewsOver(schema: Schema, name: string): string[] {
  return schema.viewsOn(name).flatMap((view) => [view.name, ...viewsOver(schema, view.name)]);
}

/** The tables with a column of this type. */
export function tablesWithType(schema: Schema, type: string): Relation[] {
  return [...schema.relations.values()].filter(({ columns }) =>
    [...columns.values()].some((column) => column.type.name.split(".").at(-1) === type),
  );
}

/** The name of the default partition, where there is one. */
export function defaultsOf(schema: Schema, parent: string): string[] {
  const partition = defaultPartition(schema, parent);
  return partition ? [partition.name] : [];
}

export function defaultPartition(schema: Schema, parent: string): Relation | undefined {
  return schema.partitionsOf(parent).find((one) => one.parent === parent && one.isDefaultPartition);
}
