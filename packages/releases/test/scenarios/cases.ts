import type { AnyEntity, EntityManager, EntityMetadata, EntityProperty } from "@mikro-orm/postgresql";
import { type Release, type Rows, readAll, relations, rowsOf, scalars } from "./release.ts";
import type { Operation, Scenario, Values, Writes } from "./scenario.ts";
import { type State, keyOf, stateOf } from "./state.ts";

/** What an operation gave; what is left out could not be had or does not belong to it. */
export interface Result {
  readonly rows?: Rows;
  /** The written row as PostgreSQL has it, by column. */
  readonly stored?: Values;
  /** Keys in the order in which they came. */
  readonly keys?: readonly string[];
  /** True: no more than one may come. */
  readonly isSingle?: boolean;
  /** The number of rows by entity after a flush. */
  readonly counts?: Readonly<Record<string, number>>;
  /** The entity in memory after the flush. */
  readonly memory?: State;
  /** By entity, after a delete. */
  readonly left?: Readonly<Record<string, Rows>>;
  /** The number of rows that the statement says it changed. */
  readonly changed?: number;
  readonly answer?: unknown;
}

/** One try of one operation. */
export interface Case {
  readonly operation: Operation;
  readonly entity: string;
  readonly name: string;
  readonly sure: boolean;
  /** True: it may fail at the release's own schema. */
  readonly optional: boolean;
  /** What is written. */
  readonly sent?: Values;
  run(em: EntityManager, release: Release, readable: ReadonlySet<string>): Promise<Result>;
}

/** An entity of a release with what is there and what is written. */
interface Subject {
  readonly scenario: Scenario;
  readonly side: "old" | "new";
  readonly name: string;
  readonly meta: EntityMetadata;
  /** As the release reads them at its own schema, with the values. */
  readonly found: readonly AnyEntity[];
  readonly writes: Writes | undefined;
}

/** All that a release does, by the rows that it finds at its own schema. */
export async function casesOf(scenario: Scenario, release: Release, side: "old" | "new"): Promise<Case[]> {
  const cases: Case[] = [];
  for (const meta of release.entities) {
    const name = meta.className;
    const found = (await release.orm.em
      .fork()
      .find(meta.class, {}, { populate: lazyOf(meta) as never })) as AnyEntity[];
    const writes = (side === "new" ? scenario.newWrites?.[name] : undefined) ?? scenario.writes[name];
    const subject = { scenario, side, name, meta, found, writes };
    cases.push(...readCases(subject), ...filterCases(subject), ...insertCases(subject));
    cases.push(...updateCases(subject), ...deleteCases(subject), ...upsertCases(subject));
  }
  return [...cases, ...togetherCases(scenario, release), ...callCases(scenario, side)];
}

function togetherCases({ together = [] }: Scenario, release: Release): Case[] {
  const names = release.entities.map(({ className }) => className);
  const [first] = together;
  if (!first || !together.every(({ on }) => names.includes(on))) return [];
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

function lazyOf(meta: EntityMetadata): string[] {
  return scalars(meta).flatMap((one) => (one.lazy ? [one.name] : []));
}

const usual = { sure: true, optional: false };

function readCases({ scenario, name, meta }: Subject): Case[] {
  const variants: [string, object][] = [["find", {}]];
  for (const one of [...relations(meta).map((one) => one.name), ...lazyOf(meta)])
    variants.push([`populate ${one}`, { populate: [one] }]);
  if (scenario.listed) variants.push(["find by fields", { fields: scalars(meta).map((one) => one.name) }]);
  return variants.map(([variant, options]) => ({
    ...usual,
    operation: "read",
    entity: name,
    name: variant,
    run: async (em, release) => ({ rows: rowsOf(await em.find(release.metadata(name).class, {}, options), 1) }),
  }));
}

function filterCases(subject: Subject): Case[] {
  const { scenario, name, meta, found } = subject;
  const isPlain = (one: EntityProperty) => !/json|\[\]/.test(one.columnTypes?.[0] ?? "");
  const plain = [
    ...scalars(meta),
    ...relations(meta).filter((one) => one.fieldNames?.length && one.owner !== false),
  ].filter((one) => isPlain(one) && !["m:n", "1:m"].includes(String(one.kind)) && !one.polymorphic);
  const searches = plain.flatMap((one) => [
    ...valuesOf(one, found).map((value) => ({ on: name, where: { [one.name]: value }, sure: true })),
    { on: name, where: {}, orderBy: { [one.name]: "asc" }, sure: true },
  ]);
  return [...searches, ...(scenario.searches ?? []).filter(({ on }) => on === name)].map((search) => ({
    operation: "filter",
    entity: name,
    name: JSON.stringify(search, (_, one: unknown) => (typeof one === "bigint" ? String(one) : one)),
    sure: search.sure !== false,
    optional: (scenario.searches as readonly object[] | undefined)?.includes(search) ?? false,
    run: async (em, release) => {
      const options = {
        orderBy: "orderBy" in search ? search.orderBy : {},
        populate: "populate" in search ? search.populate : [],
      };
      const rows = await em.find(release.metadata(name).class, search.where, options as object);
      return { keys: rows.map((one) => keyOf(one)), isSingle: "single" in search && search.single === true };
    },
  }));
}

function valuesOf(property: EntityProperty, found: readonly AnyEntity[]): unknown[] {
  return [...new Set(found.map((one) => plainValue((one as Record<string, unknown>)[property.name])))].slice(0, 3);
}

function plainValue(value: unknown): unknown {
  if (value && typeof value === "object" && "unwrap" in value && typeof value.unwrap === "function")
    return value.unwrap() as unknown;
  return value ?? null;
}

function known(meta: EntityMetadata, values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(meta.properties, name)));
}

/** Values of a property that the models allow besides the given one: each item, and null. */
function allowed(meta: EntityMetadata): Values[] {
  return meta.props.flatMap((one) => {
    if (
      one.persist === false ||
      one.primary ||
      one.name === meta.root.discriminatorColumn ||
      ["m:n", "1:m"].includes(String(one.kind))
    )
      return [];
    const items = one.enum ? (one.items ?? []) : [];
    const list = items.map((item) => ({ [one.name]: one.array ? [item] : item }));
    return one.nullable && !one.generated ? [...list, { [one.name]: null }] : list;
  });
}

function insertCases({ scenario, name, meta, writes }: Subject): Case[] {
  if (!writes || meta.abstract) return [];
  const full = known(meta, writes.full);
  const minimal = Object.fromEntries(writes.minimal.flatMap((one) => (one in full ? [[one, full[one]]] : [])));
  const sure = [full, minimal, ...allowed(meta).map((one) => ({ ...full, ...one }))];
  const cases = sure.map((values) => insertCase(name, values, true, false));
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
  const counts = roots.map((one) => `(select count(*)::int from ${tableOf(one)}) as "${one.className}"`);
  const [row] = await em.execute<Record<string, number>[]>(`select ${counts.join(", ")}`);
  return row ?? {};
}

function tableOf({ schema, tableName }: EntityMetadata): string {
  const names = [schema, tableName].filter((name) => name && name !== "*");
  return names.map((name) => `"${name}"`).join(".");
}

async function storedRow(em: EntityManager, meta: EntityMetadata, one: AnyEntity): Promise<Values> {
  const [column] = meta.getPrimaryProps()[0]?.fieldNames ?? [];
  const sql = `select to_json(t) as stored from ${tableOf(meta)} t where "${column}"::text = ?`;
  const [row] = await em.execute<{ stored: Values }[]>(sql, [keyOf(one)]);
  return row?.stored ?? {};
}

function primaryKey(meta: EntityMetadata, one: AnyEntity): unknown {
  const values = one as Record<string, unknown>;
  return Object.fromEntries(meta.primaryKeys.map((name) => [name, values[name]]));
}

function updateCases({ scenario, name, meta, found, writes }: Subject): Case[] {
  if (!writes || meta.abstract) return [];
  const own = Object.entries(known(meta, writes.full)).filter(([one]) => !meta.primaryKeys.includes(one as never));
  const single = own.map(([one, value]) => ({ [one]: value }));
  const extras = (scenario.extras ?? []).filter(({ on, operations }) => on === name && operations?.[0] !== "insert");
  const changes = [
    ...[...single, ...allowed(meta)].map((values) => ({ values, sure: true, optional: false })),
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
  const keys = meta.primaryKeys.map((name) => [name, /uuid/.test(meta.properties[name]?.type ?? "") ? uuid : 1]);
  return Object.fromEntries(keys) as Values;
}

function loadedValues(meta: EntityMetadata, one: AnyEntity): Values {
  const names = [...scalars(meta), ...relations(meta).filter(({ kind }) => ["m:1", "1:1"].includes(String(kind)))];
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

function deleteCases({ name, meta, found, writes }: Subject): Case[] {
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

function upsertCases({ scenario, side, name, meta, found, writes }: Subject): Case[] {
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
      const one = (await em.upsert(meta.class, values as never, options)) as AnyEntity;
      return await writtenState(em, release, meta, one, readable);
    },
  };
}

function callCases(scenario: Scenario, side: "old" | "new"): Case[] {
  const calls = (scenario.calls ?? []).filter(({ by }) => by === side || by === "both");
  return calls.map(({ name, sql, parameters = [] }) => ({
    ...usual,
    operation: "call",
    entity: "",
    name,
    run: async (em) => ({ answer: await em.execute(sql, [...parameters]) }),
  }));
}

function textOf(values: Values): string {
  return JSON.stringify(values, (_, one: unknown) => (typeof one === "bigint" ? `${one}n` : one));
}
