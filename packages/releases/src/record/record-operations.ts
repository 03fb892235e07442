import {
  type EntityManager,
  type EntityMetadata,
  type EntityProperty,
  type MikroORM,
  ReferenceKind,
} from "@mikro-orm/core";
import { hydrate } from "./accepted.ts";
import { nest } from "./embedded.ts";
import { familyOf } from "../schema/family.ts";
import type { Schema } from "../schema/schema.ts";
import { plainUniques } from "../schema/uniques.ts";
import { hasColumn, mappedEntities, tableOf } from "./describe-tables.ts";
import type { Recorder } from "./recorder.ts";
import { sampleOf } from "./sample-values.ts";

type Data = Record<string, unknown>;

/**
 * Does with each entity what a program can do, on a database whose rows do not matter: find, filter by each property,
 * populate each relation, insert with the least and with everything, update each property, upsert, delete.
 */
export async function recordOperations(orm: MikroORM, schema: Schema, recorder: Recorder): Promise<void> {
  for (const meta of mappedEntities(orm).filter(({ pivotTable }) => !pivotTable)) {
    const subject = { orm, meta, schema, recorder };
    await recordReads(subject);
    await recordWrites(subject);
  }
}

interface Subject {
  readonly orm: MikroORM;
  readonly meta: EntityMetadata;
  readonly schema: Schema;
  readonly recorder: Recorder;
}

async function recordReads({ orm, meta, schema, recorder }: Subject): Promise<void> {
  const [table, entity] = [tableOf(meta, schema), meta.class];
  const during = async (name: string, operation: "read" | "filter", work: (em: EntityManager) => Promise<unknown>) =>
    await recorder.during(
      { name: `${meta.className}.${name}`, operation, table },
      async () => await work(orm.em.fork()),
    );
  await during("find", "read", async (em) => await em.find(entity, {}));
  for (const property of meta.props.filter(hasColumn)) {
    const value = valueOf(orm, meta, property, schema);
    if (value === undefined) continue;
    await during(
      `find by ${property.name}`,
      "filter",
      async (em) => await em.find(entity, nest(meta, { [property.name]: value })),
    );
    if (property.lazy)
      await during(
        `populate ${property.name}`,
        "read",
        async (em) => await em.find(entity, {}, { populate: [property.name] as never }),
      );
  }
  for (const { name } of meta.relations.filter((one) => meta.props.includes(one))) {
    await during(`find with ${name}`, "read", async (em) => await em.find(entity, {}, { populate: [name] as never }));
    await during(`populate ${name}`, "read", async (em) => {
      await em.populate([em.merge(entity, keyOf(orm, meta, schema))] as never, [name] as never, { refresh: true });
    });
  }
}

async function recordWrites({ orm, meta, schema, recorder }: Subject): Promise<void> {
  const table = tableOf(meta, schema);
  const { least, all, key, uniques } = dataOf(orm, meta, schema);
  const during = async (
    name: string,
    operation: "insert" | "update" | "upsert" | "delete",
    work: (em: EntityManager) => Promise<unknown>,
    assumed = false,
  ) =>
    await recorder.during(
      { name: `${meta.className}.${name}`, operation, table, assumed },
      async () => await work(orm.em.fork()),
    );
  for (const [name, data] of [
    ["insert", least],
    ["insert all", all],
  ] as const)
    await during(name, "insert", async (em) => {
      em.create(meta.class, related(em, meta, data), { partial: true });
      await em.flush();
    });
  for (const property of meta.props.filter((one) => hasColumn(one) && !one.primary && one.name in all))
    await during(`update ${property.name}`, "update", async (em) => {
      const value = related(em, meta, { [property.name]: all[property.name] });
      em.assign(em.merge(meta.class, { ...key, ...besides(meta, property, all) }), value as never);
      await em.flush();
    });
  const targets = [{ names: Object.keys(key), assumed: false }, ...uniques];
  for (const [index, { names, assumed }] of targets.entries()) {
    const name = index === 0 ? "upsert" : `upsert by ${names.join()}`;
    const upsert = async (em: EntityManager) =>
      await em.upsert(meta.class, nest(meta, { ...all, ...key }), { onConflictFields: names as never });
    await during(name, "upsert", upsert, assumed);
  }
  await during("delete", "delete", async (em) => {
    em.remove(em.merge(meta.class, key));
    await em.flush();
  });
}

/** What is sent: the least that MikroORM takes, everything, the key, and the groups of properties that are unique. */
function dataOf(orm: MikroORM, meta: EntityMetadata, schema: Schema) {
  const all: Data = {};
  const least: Data = {};
  for (const property of meta.props.filter(hasColumn)) {
    const value = valueOf(orm, meta, property, schema);
    if (value === undefined || isGiven(property) || meta.root.discriminatorColumn === property.name) continue;
    all[property.name] = value;
    if (isRequired(property)) least[property.name] = value;
  }
  const key = keyOf(orm, meta, schema);
  const toProperty = (column: string) => meta.props.find((one) => hasColumn(one) && one.fieldNames[0] === column)?.name;
  const declared = new Set(declaredUniques(meta).map((names) => names.toSorted().join()));
  const uniques = plainUniques(schema, tableOf(meta, schema))
    .map((columns) => columns.map(toProperty))
    .filter((group): group is string[] => group.every((name) => name !== undefined && name in all && !(name in key)));
  const known = uniques.map((names) => ({ names, assumed: !declared.has(names.toSorted().join()) }));
  return { all, least, key, uniques: known };
}

/** The groups of properties that the models say are unique. */
function declaredUniques(meta: EntityMetadata): string[][] {
  const single = meta.props.filter((one) => one.unique).map(({ name }) => [name]);
  return [
    ...single,
    ...meta.uniques.flatMap(({ properties }) => (properties ? [[properties].flat().map(String)] : [])),
  ];
}

/** True where the server or MikroORM gives the value. */
function isGiven({ generated, autoincrement, version }: EntityProperty): boolean {
  return Boolean(generated) || autoincrement === true || Boolean(version);
}

function isRequired({ nullable, default: client, defaultRaw, onCreate, primary, autoincrement }: EntityProperty) {
  if (primary) return !autoincrement && defaultRaw === undefined && client === undefined && !onCreate;
  return !nullable && client === undefined && defaultRaw === undefined && !onCreate;
}

function keyOf(orm: MikroORM, meta: EntityMetadata, schema: Schema): Data {
  const keys = meta.props.filter(({ primary }) => primary);
  return Object.fromEntries(keys.map((property) => [property.name, valueOf(orm, meta, property, schema)]));
}

/** A value of a property as a program gives it; of a relation, the other's key. Undefined: none is known. */
function valueOf(orm: MikroORM, meta: EntityMetadata, property: EntityProperty, schema: Schema): unknown {
  const [column = ""] = property.fieldNames;
  const type = schema.typeOf(tableOf(meta, schema), column);
  // A document of an embeddable: what is in it is no matter of the schema.
  if (property.embeddable && property.object) return property.array ? [] : {};
  if (property.kind !== ReferenceKind.SCALAR)
    return property.fieldNames.length === 1 ? keyValue(orm, property, schema) : undefined;
  const family = familyOf(type);
  const given = type === "uuid" ? "5a0e8bd4-6f4e-4c4b-8d3a-0f6c0d9c3a11" : sampleOf(property, family);
  const value = hydrate(orm, meta, property, column, given);
  return value instanceof Error ? undefined : value;
}

function keyValue(orm: MikroORM, { targetMeta }: EntityProperty, schema: Schema): unknown {
  const [key, ...more] = targetMeta?.props.filter(({ primary }) => primary) ?? [];
  return key && more.length === 0 && targetMeta ? valueOf(orm, targetMeta, key, schema) : undefined;
}

/** The data with references in place of the keys of relations. */
function related(em: EntityManager, meta: EntityMetadata, data: Data): Data {
  const withReferences = Object.entries(data).map(([name, value]) => {
    const { kind, targetMeta } = meta.properties[name as never] as EntityProperty;
    return [
      name,
      kind === ReferenceKind.SCALAR || !targetMeta ? value : em.getReference(targetMeta.class, value as never),
    ];
  });
  return nest(meta, Object.fromEntries(withReferences) as Data);
}

/** The other values of the embeddable that a property is in. */
function besides(meta: EntityMetadata, property: EntityProperty, all: Data): Data {
  const [parent] = property.embedded ?? [];
  const isBeside = (name: string) =>
    name !== property.name && (meta.properties[name as never] as EntityProperty).embedded?.[0] === parent;
  if (parent === undefined) return {};
  return nest(meta, Object.fromEntries(Object.entries(all).filter(([name]) => isBeside(name))));
}
