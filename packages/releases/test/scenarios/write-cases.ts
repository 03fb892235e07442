import type { AnyEntity, EntityManager, EntityMetadata } from "@mikro-orm/postgresql";
import type { Case, Result, Subject } from "./case.ts";
import { isToMany, isToOne, type Release, type Rows, readAll, relations, scalars } from "./release.ts";
import type { Scenario, Values, Writes } from "./scenario.ts";
import { keyOf, stateOf } from "./state.ts";

/** Several new entities in one flush. */
export function togetherCases({ together = [] }: Scenario, release: Release): Case[] {
  const names = new Set(release.entities.map(({ className }) => className));
  const [first] = together;
  if (!first || !together.every(({ on }) => names.has(on))) return [];
  const run: Case["run"] = async (em, here) => {
    for (const { on, values } of together) {
      const meta = here.metadata(on);
      em.persist(em.create(meta.class, known(meta, values) as never) as AnyEntity);
    }
    await em.flush();
    await em.execute("set constraints all immediate");
    return {};
  };
  return [
    {
      sure: true,
      optional: true,
      operation: "insert",
      entity: first.on,
      name: `persist ${together.length} together`,
      run,
    },
  ];
}

function known(meta: EntityMetadata, values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(meta.properties, name)));
}

function distinct(values: readonly Values[]): Values[] {
  return [...new Map(values.map((one) => [textOf(one), one])).values()];
}

/** Values of a property that the models allow besides the given one: each item, and null. */
function allowed(meta: EntityMetadata): Values[] {
  return meta.props.flatMap((one) => {
    if (one.persist === false || one.primary || one.name === meta.root.discriminatorColumn || isToMany(one)) return [];
    const items = one.enum ? (one.items ?? []) : [];
    const list = items.map((item) => ({ [one.name]: one.array ? [item] : item }));
    return one.nullable && !one.generated ? [...list, { [one.name]: null }] : list;
  });
}

/** New entities: full, minimal, with each item and null. */
export function insertCases({ scenario, name, meta, writes }: Subject): Case[] {
  if (!writes || meta.abstract) return [];
  const full = known(meta, writes.full);
  const minimal = Object.fromEntries(writes.minimal.flatMap((one) => (one in full ? [[one, full[one]]] : [])));
  const sure = [full, minimal, ...allowed(meta).map((one) => ({ ...full, ...one }))];
  const cases = distinct(sure).map((values) => insertCase(name, values, true, false));
  const extras = (scenario.extras ?? []).filter(({ on, operations }) => on === name && operations?.[0] !== "update");
  return [
    ...cases,
    ...extras.map((extra) => insertCase(name, { ...full, ...known(meta, extra.values) }, Boolean(extra.sure), true)),
  ];
}

function insertCase(name: string, values: Values, sure: boolean, optional: boolean): Case {
  return {
    operation: "insert",
    entity: name,
    name: `insert ${textOf(values)}`,
    sure,
    optional,
    sent: values,
    run: async (em, release, readable) => {
      const meta = release.metadata(name);
      const one = em.create(meta.class, values as never, { partial: true }) as AnyEntity;
      em.persist(one);
      await em.flush();
      return await writtenState(em, release, meta, one, readable);
    },
  };
}

async function writtenState(
  em: EntityManager,
  release: Release,
  meta: EntityMetadata,
  one: AnyEntity,
  readable: ReadonlySet<string>,
): Promise<Result> {
  await em.execute("set constraints all immediate");
  const counts = await countRows(em, release, readable);
  const memory = stateOf(one);
  const rows = await readAll(em, meta, primaryKey(meta, one)).catch(() => undefined);
  if (!rows) return { memory, counts };
  const stored = await storedRow(em, meta, one).catch(() => ({}));
  return { memory, counts, rows: { [keyOf(one)]: rows[keyOf(one)] ?? {} }, stored };
}

/** Counts what a flush may have written besides, in one query. */
async function countRows(
  em: EntityManager,
  release: Release,
  readable: ReadonlySet<string>,
): Promise<Readonly<Record<string, number>>> {
  const roots = release.entities.filter((one) => one.root === one && readable.has(one.className));
  if (roots.length < 2) return {};
  const counts = roots.map((one) => `(select count(*)::int from ${tableOf(em, one)}) as "${one.className}"`);
  const [row] = await em.execute<Record<string, number>[]>(`select ${counts.join(", ")}`);
  return row ?? {};
}

function tableOf(em: EntityManager, { schema = em.config.getSchema(true), tableName }: EntityMetadata): string {
  const names = [schema, tableName].filter((name) => name && name !== "*");
  return names.map((name) => `"${name}"`).join(".");
}

async function storedRow(em: EntityManager, meta: EntityMetadata, one: AnyEntity): Promise<Values> {
  const [column] = meta.getPrimaryProps()[0]?.fieldNames ?? [];
  const sql = `select to_json(t) as stored from ${tableOf(em, meta)} t where "${column}"::text = ?`;
  const [row] = await em.execute<{ stored: Values }[]>(sql, [keyOf(one)]);
  return row?.stored ?? {};
}

function primaryKey(meta: EntityMetadata, one: AnyEntity): unknown {
  const values = one as Record<string, unknown>;
  return Object.fromEntries(meta.primaryKeys.map((name) => [name, values[name]]));
}

/** Each property of each row changed. */
export function updateCases({ scenario, name, meta, found, writes }: Subject): Case[] {
  if (!writes || meta.abstract) return [];
  const own = Object.entries(known(meta, writes.full)).filter(([one]) => !meta.primaryKeys.includes(one as never));
  const single = own.map(([one, value]) => ({ [one]: value }));
  const extras = (scenario.extras ?? []).filter(({ on, operations }) => on === name && operations?.[0] !== "insert");
  const changes = [
    ...distinct([...single, ...allowed(meta)]).map((values) => ({ values, sure: true, optional: false })),
    ...extras.map(({ values, sure }) => ({ values: known(meta, values), sure: Boolean(sure), optional: true })),
  ].filter(({ values }) => Object.keys(values).length > 0);
  return targets(meta, found, writes).flatMap((target) => changes.map((change) => updateCase(name, target, change)));
}

/** What is changed and deleted: the rows, or where a table has none what would be there. */
function targets(meta: EntityMetadata, found: readonly AnyEntity[], writes: Writes | undefined): Values[] {
  const rows = found.filter((one) => one.constructor.name === meta.className);
  if (rows.length > 0) return rows.map((one) => loadedValues(meta, one));
  return writes && meta.root === meta ? [{ ...other(known(meta, writes.full)), ...missingKey(meta) }] : [];
}

/** Texts other than those that are written. */
function other(values: Values): Values {
  const changed = Object.entries(values).map(([name, one]) => [name, typeof one === "string" ? `${one}0` : one]);
  return Object.fromEntries(changed) as Values;
}

function missingKey(meta: EntityMetadata): Values {
  const uuid = "00000000-0000-4000-8000-000000000001";
  const keys = meta.getPrimaryProps().map((one) => [one.name, /uuid/.test(one.type) ? uuid : 1]);
  return Object.fromEntries(keys) as Values;
}

function loadedValues(meta: EntityMetadata, one: AnyEntity): Values {
  const names = [...scalars(meta), ...relations(meta).filter(isToOne)];
  const values = one as Record<string, unknown>;
  return Object.fromEntries(names.map(({ name }) => [name, plainValue(values[name])]));
}

interface Change {
  readonly values: Values;
  readonly sure: boolean;
  readonly optional: boolean;
}

function updateCase(name: string, target: Values, { values, sure, optional }: Change): Case {
  return {
    operation: "update",
    entity: name,
    name: `update ${textOf(target)} to ${textOf(values)}`,
    sure,
    optional,
    sent: values,
    run: async (em, release, readable) => {
      const meta = release.metadata(name);
      const one = await managed(em, meta, target, readable.has(name));
      em.assign(one, values as never);
      await em.flush();
      return await writtenState(em, release, meta, one, readable);
    },
  };
}

/** The entity as the release has it in memory: read, or where it cannot be read as it was. */
async function managed(
  em: EntityManager,
  meta: EntityMetadata,
  target: Values,
  isReadable: boolean,
): Promise<AnyEntity> {
  const where = Object.fromEntries(meta.primaryKeys.map((name) => [name, keyValue(target[name])]));
  const read = isReadable ? ((await em.findOne(meta.class, where)) as AnyEntity | null) : null;
  return read ?? (em.merge(meta.class, target as never) as AnyEntity);
}

function keyValue(value: unknown): unknown {
  return value && typeof value === "object" && "id" in value ? value.id : value;
}

/** Each row deleted, by entity and by statement. */
export function deleteCases({ name, meta, found, writes }: Subject): Case[] {
  if (meta.abstract) return [];
  return targets(meta, found, writes).flatMap((target) => {
    // Where the own schema refuses to delete a row, another one may as well.
    const base = { sure: true, optional: true, operation: "delete", entity: name } as const;
    const where = Object.fromEntries(meta.primaryKeys.map((key) => [key, keyValue(target[key])]));
    const remove: Case["run"] = async (em, release, readable) => {
      const meta = release.metadata(name);
      em.remove(await managed(em, meta, target, readable.has(name)));
      await em.flush();
      await em.execute("set constraints all immediate");
      return { left: await readEverything(em, release, readable) };
    };
    const count: Case["run"] = async (em, release) => ({
      changed: await em.nativeDelete(release.metadata(name).class, where),
    });
    return [
      { ...base, name: `remove ${textOf(where)}`, run: remove },
      { ...base, name: `nativeDelete ${textOf(where)}`, run: count },
    ];
  });
}

async function readEverything(em: EntityManager, release: Release, readable: ReadonlySet<string>) {
  const left: Record<string, Rows> = {};
  for (const meta of release.entities) if (readable.has(meta.className)) left[meta.className] = await readAll(em, meta);
  return left;
}

/** A row upserted by its key, and as the scenario says. */
export function upsertCases({ scenario, side, name, meta, found, writes }: Subject): Case[] {
  const given = (scenario.upserts ?? []).filter(({ on, by }) => on === name && (by ?? side) === side);
  const [row] = found;
  const key = row ? (primaryKey(meta, row) as Values) : missingKey(meta);
  const full = writes && { ...known(meta, writes.full), ...key };
  const byKey = full && meta.root === meta ? [upsertCase(name, full, undefined, true)] : [];
  return [...byKey, ...given.map(({ values, conflict }) => upsertCase(name, known(meta, values), conflict, false))];
}

function upsertCase(name: string, values: Values, conflict: readonly string[] | undefined, optional: boolean): Case {
  return {
    operation: "upsert",
    entity: name,
    name: `upsert ${textOf(values)}`,
    sure: true,
    optional,
    sent: values,
    run: async (em, release, readable) => {
      const meta = release.metadata(name);
      const options = conflict ? { onConflictFields: [...conflict] as never[] } : {};
      const one = (await em.upsert(meta.class, values, options)) as AnyEntity;
      return await writtenState(em, release, meta, one, readable);
    },
  };
}

/** A value without its wrapper. */
export function plainValue(value: unknown): unknown {
  if (value && typeof value === "object" && "unwrap" in value && typeof value.unwrap === "function")
    return value.unwrap() as unknown;
  return value ?? null;
}

function textOf(values: Values): string {
  return JSON.stringify(values, (_, one: unknown) => (typeof one === "bigint" ? `${one}n` : one));
}
