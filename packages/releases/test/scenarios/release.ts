import {
  type AnyEntity,
  type EntityManager,
  type EntityMetadata,
  type EntityProperty,
  type EntitySchema,
  MikroORM,
  type Options,
  ReferenceKind,
} from "@mikro-orm/postgresql";
import { type State, keyOf, stateOf } from "./state.ts";

/** States by the entity's key. */
export type Rows = Readonly<Record<string, State>>;

/** A release that is connected to a database. */
export interface Release {
  readonly orm: MikroORM;
  readonly entities: readonly EntityMetadata[];
  metadata(name: string): EntityMetadata;
  /** Does something in a transaction that is rolled back. */
  trial<Result>(work: (em: EntityManager) => Promise<Result>): Promise<Result>;
}

/** Connects the entities of a release. */
export async function connect(
  entities: EntitySchema[],
  clientUrl: string,
  options: Partial<Options> = {},
): Promise<Release> {
  const orm = await MikroORM.init({
    entities,
    clientUrl,
    forceUtcTimezone: true,
    pool: { min: 0, max: 2 },
    ...(options as object),
  });
  const all = [...orm.getMetadata().getAll().values()];
  const mapped = all.filter((one) => one.primaryKeys.length > 0 && !one.pivotTable && !one.embeddable);
  const trial: Release["trial"] = async (work) => await tryOut(orm.em.fork(), work);
  return { orm, entities: mapped, metadata: (name) => orm.getMetadata().getByClassName(name), trial };
}

async function tryOut<Result>(em: EntityManager, work: (em: EntityManager) => Promise<Result>): Promise<Result> {
  await em.begin();
  try {
    return await work(em);
  } finally {
    await em.rollback();
  }
}

/** Reads an entity's rows in the same transaction, into memory of its own; at most those of `key`. */
export async function readAll(em: EntityManager, entity: EntityMetadata, key?: unknown): Promise<Rows> {
  const fork = em.fork({ keepTransactionContext: true, clear: true });
  const where = key === undefined ? {} : (key as object);
  return rowsOf((await fork.find(entity.class, where)) as AnyEntity[]);
}

/** Takes the states of entities. */
export function rowsOf(found: readonly AnyEntity[], depth = 0): Rows {
  return Object.fromEntries(found.map((one) => [keyOf(one), stateOf(one, depth)]));
}

/** The properties with columns that are not relations. */
export function scalars(entity: EntityMetadata): EntityProperty[] {
  const isOwn = (one: EntityProperty) => one.persist !== false && !one.formula && !one.embedded;
  return entity.props.filter((one) => one.kind === ReferenceKind.SCALAR && isOwn(one));
}

/** The relations, of either side. */
export function relations(entity: EntityMetadata): EntityProperty[] {
  return entity.props.filter((one) => isToOne(one) || isToMany(one));
}

/** True of a relation to one entity. */
export function isToOne({ kind }: EntityProperty): boolean {
  return kind === ReferenceKind.MANY_TO_ONE || kind === ReferenceKind.ONE_TO_ONE;
}

/** True of a collection. */
export function isToMany({ kind }: EntityProperty): boolean {
  return kind === ReferenceKind.ONE_TO_MANY || kind === ReferenceKind.MANY_TO_MANY;
}
