import type { Change, ColumnDefinition, ConstraintDefinition } from "../parse/actions.ts";
import { judgeTypeChange } from "../facts/type-change.ts";
import { excludesBound, provesBound, provesNotNull, readBound } from "../facts/implies.ts";
import { isNull, volatilityOf } from "../facts/volatility.ts";

import { type Relation, type Schema, schemaName } from "../schema/schema.ts";
import type { Settings } from "../settings.ts";
import { type Name, texts, type Type, typeOf, writeType } from "../parse/syntax.ts";
import { defaultPartition, defaultsOf, type Effect, locked, on, viewsOver, withPartitions } from "./effect.ts";

interface Changing<One extends Change> {
  readonly table: Name;
  readonly change: One;
  readonly relation: Relation | undefined;
  readonly schema: Schema;
  readonly settings: Settings;
}

type ChangeReader<Do> = (at: Changing<Extract<Change, { readonly do: Do }>>) => Effect[];

const exclusive = ({ schema, table }: Changing<Change>, work: Effect["work"] = "none") =>
  withPartitions(schema, table, "ACCESS EXCLUSIVE", work);
const updating = ({ schema, table }: Changing<Change>) => on(schema, table, "SHARE UPDATE EXCLUSIVE");

const changeReaders: { readonly [Do in Change["do"]]?: ChangeReader<Do> } = {
  "add column": (at) => {
    const { table, change, relation, schema } = at;
    if (change.ifNotExists && relation?.columns.has(change.column.name)) return exclusive(at);
    return [...exclusive(at, addColumnWork(change.column, schema)), ...inlineEffects(table, change.column, schema)];
  },
  "set type": (at) => [
    ...exclusive(at, typeWork(at.relation, at.change, at.schema, at.settings)),
    ...linked(at, at.change.column).flatMap((name) =>
      locked(name, at.relation?.columns.has(at.change.column) ? "scan" : "none"),
    ),
  ],
  "drop column": (at) => [
    ...exclusive(at),
    ...linked(at, at.change.column).flatMap((name) => locked(name)),
    ...(at.change.cascade ? viewsOver(at.schema, at.schema.resolve(at.table)).flatMap((view) => locked(view)) : []),
  ],
  "add constraint": ({ table, change, schema }) => constraintEffects(table, change.constraint, schema),
  attach: ({ table, change, schema }) => attachEffects(table, change, schema),
  detach: ({ table, change, schema }) => [
    ...on(schema, table, change.concurrently ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE"),
    ...defaultsOf(schema, schema.resolve(table)).flatMap((name) => locked(name)),
    ...on(schema, change.partition, "ACCESS EXCLUSIVE"),
  ],
  trigger: ({ schema, table }) => on(schema, table, "SHARE ROW EXCLUSIVE"),
  storage: (at) => exclusive(at, isStoredSo(at) ? "none" : "rewrite"),
  "set expression": (at) =>
    exclusive(at, at.relation?.columns.get(at.change.column)?.generated === "virtual" ? "none" : "rewrite"),
  options: updating,
};

/** The tables at the other end of the foreign keys over a column, which are dropped or made anew with it. */
function linked({ relation, schema, table }: Changing<Change>, column: string): string[] {
  const own = [...(relation?.constraints.values() ?? [])].filter(({ columns }) => columns.includes(column));
  const isKey = own.some(({ kind }) => kind === "primary key" || kind === "unique");
  const children = isKey ? schema.referencesTo(schema.resolve(table)).map(({ from }) => from.name) : [];
  return [...own.flatMap(({ references }) => references ?? []), ...children];
}

/** True for LOGGED and UNLOGGED of a table that is so already. */
function isStoredSo({ change, relation }: Changing<Extract<Change, { readonly do: "storage" }>>): boolean {
  if (!relation || (change.what !== "logged" && change.what !== "unlogged")) return false;
  return relation.unlogged === (change.what === "unlogged");
}

/** What one command of ALTER TABLE does; the commands of a statement add up. */
export function changeEffects(table: Name, change: Change, schema: Schema, settings: Settings): Effect[] {
  const at = { table, change, relation: schema.relation(table), schema, settings };
  const reader = changeReaders[change.do] as ((at: Changing<Change>) => Effect[]) | undefined;
  if (reader) return reader(at);
  if (change.do === "set not null") return exclusive(at, isProven(at.relation, change.column) ? "none" : "scan");
  if (change.do === "validate") return validateEffects(table, change.constraint, schema);
  if (change.do === "statistics" || change.do === "cluster on") return updating(at);
  if (change.do !== "drop constraint") return exclusive(at);
  const dropped = at.relation?.constraints.get(change.constraint);
  const isKey = dropped?.kind === "primary key" || dropped?.kind === "unique";
  const children = change.cascade && isKey ? schema.referencesTo(schema.resolve(table)) : [];
  const others = [dropped?.references ?? [], children.map(({ from }) => from.name)].flat();
  return [...exclusive(at), ...others.flatMap((name) => locked(name))];
}

/** What ADD COLUMN does to the rows that are there. */
export function addColumnWork(column: Extract<Change, { do: "add column" }>["column"], schema: Schema): Effect["work"] {
  if (column.generated === "stored" || column.identity) return "rewrite";
  if (schema.domains.get(column.type.name.split(".").at(-1) ?? "")?.constrained) return "rewrite";
  if (column.generated === "virtual" || isNull(column.default)) return "none";
  return ["v", "unknown"].includes(volatilityOf(column.default, schema)) ? "rewrite" : "none";
}

type SetType = Extract<Change, { do: "set type" }>;

/** What a change of type does; a column that is not known may be anything. */
export function typeWork(
  relation: Relation | undefined,
  change: SetType,
  schema: Schema,
  settings: Settings,
): Effect["work"] {
  const column = relation?.columns.get(change.column);
  if (!column) return "rewrite";
  const judged = judgeTypeChange(column.type, change.type, typeContext(schema, settings));
  if (judged.rewrites || !isPlainCast(change, column.type)) return "rewrite";
  const isIndexed = schema.indexesOf(relation?.name ?? "").some(({ columns }) => columns.includes(change.column));
  if ((judged.rebuildsIndexes || change.collation) && isIndexed) return "build";
  const constraints = [...(relation?.constraints.values() ?? [])];
  const isChecked = constraints.some(
    ({ kind, columns, validated }) => kind === "check" && validated && columns.includes(change.column),
  );
  return isChecked ? "scan" : "none";
}

/** How types are judged in a session with these settings. */
export function typeContext(schema: Schema, settings: Settings) {
  return {
    timeZone: settings.timeZone,
    domain: (name: string) => schema.domains.get(name.split(".").at(-1) ?? ""),
  };
}

/** True without USING, or with one that only casts the column to its new type, as MikroORM writes it, or to its own. */
export function isPlainCast({ using, column, type }: SetType, own?: Type): boolean {
  if (!using) return true;
  if (!("TypeCast" in using)) return "ColumnRef" in using && texts(using.ColumnRef.fields).at(-1) === column;
  const { typeName, arg } = using.TypeCast;
  const cast = writeType(typeOf(typeName));
  // Behind a cast to the column's own type only such casts change nothing.
  const next = own && cast === writeType(own) ? own : cast === writeType(type) ? type : undefined;
  const inner = { do: "set type", using: arg, column, collation: false } as const;
  return next !== undefined && arg !== undefined && isPlainCast({ ...inner, type: next }, own);
}

function isProven(relation: Relation | undefined, column: string): boolean {
  return relation !== undefined && (relation.columns.get(column)?.notNull === true || provesNotNull(relation, column));
}

function inlineEffects(table: Name, { constraints, default: value }: ColumnDefinition, schema: Schema): Effect[] {
  const hasDefault = !isNull(value);
  return constraints.flatMap((constraint) => {
    // With a default nothing is to be looked at; without one the first row makes it fail.
    if (constraint.kind === "not null")
      return hasDefault ? [] : withPartitions(schema, table, "ACCESS EXCLUSIVE", "scan");
    const effects = constraintEffects(table, constraint, schema);
    // A column that is new and null refers to nothing: its key is valid without a look.
    return constraint.kind === "foreign key" && value === undefined
      ? effects.map((one) => ({ ...one, work: "none" }) as const)
      : effects;
  });
}

/** What ADD CONSTRAINT does. */
export function constraintEffects(table: Name, constraint: ConstraintDefinition, schema: Schema): Effect[] {
  const { kind, validated, enforced, references, index, columns } = constraint;
  const relation = schema.relation(table);
  const checked = validated && (enforced || kind === "not null") ? "scan" : "none";
  if (kind === "foreign key" && references)
    return [
      ...withPartitions(schema, table, "SHARE ROW EXCLUSIVE", checked),
      ...on(schema, references.table, "SHARE ROW EXCLUSIVE"),
    ];
  if (kind === "check" || kind === "not null") {
    const isKnown = kind === "not null" && columns.every((column) => isProven(relation, column));
    return withPartitions(schema, table, "ACCESS EXCLUSIVE", isKnown ? "none" : checked);
  }
  if (index === undefined) return withPartitions(schema, table, "ACCESS EXCLUSIVE", "build");
  const used = schema.indexes.get(`${schemaName(schema.resolve(table))}.${index}`);
  const nullable = used?.columns.some((column) => column !== undefined && !isProven(relation, column)) ?? true;
  return on(schema, table, "ACCESS EXCLUSIVE", kind === "primary key" && nullable ? "scan" : "none");
}

function validateEffects(table: Name, name: string, schema: Schema): Effect[] {
  const constraint = schema.relation(table)?.constraints.get(name);
  const references = constraint?.references;
  const work = constraint?.validated ? "none" : "scan";
  return [
    ...on(schema, table, "SHARE UPDATE EXCLUSIVE", work),
    ...(references ? [{ relation: references, lock: "ROW SHARE", work: "none" } as const] : []),
  ];
}

/** True where the parent has an index that the partition has no match for. */
function lacksIndexes(schema: Schema, parent: string, child: string): boolean {
  const own = new Set(schema.indexesOf(child).map(({ columns }) => columns.join()));
  return schema.indexesOf(parent).some(({ columns }) => !own.has(columns.join()));
}

function attachEffects(table: Name, change: Extract<Change, { do: "attach" }>, schema: Schema): Effect[] {
  const parent = schema.resolve(table);
  const child = schema.relation(change.partition);
  const bound = readBound(change.bound);
  const [column] = schema.relations.get(parent)?.partitionKey ?? [];
  const isProvenBound = child && bound && column !== undefined && provesBound(child, column, bound);
  const other = change.isDefault ? undefined : defaultPartition(schema, parent);
  const isExcluded = other && bound && column !== undefined && excludesBound(other, column, bound);
  return [
    ...on(schema, table, "SHARE UPDATE EXCLUSIVE"),
    ...on(schema, change.partition, "ACCESS EXCLUSIVE", isProvenBound ? "none" : "scan"),
    ...(child && lacksIndexes(schema, parent, child.name) ? locked(child.name, "build") : []),
    ...(other ? [{ relation: other.name, lock: "ACCESS EXCLUSIVE", work: isExcluded ? "none" : "scan" } as const] : []),
  ];
}
