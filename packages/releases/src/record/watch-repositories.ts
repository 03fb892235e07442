import { EntityRepository, type EntityManager, type MikroORM } from "@mikro-orm/core";
import { mappedEntities } from "./describe-tables.ts";
import type { Recorder } from "./recorder.ts";

type Method = (...given: unknown[]) => unknown;

/**
 * Runs `calls` and records what the methods of the entities' own repositories send. Returns the methods that were not
 * called, as `UserRepository.findByEmail`. Throws what `calls` throws.
 */
export async function watchRepositories(
  orm: MikroORM,
  recorder: Recorder,
  calls: ((em: EntityManager) => Promise<unknown>) | undefined,
): Promise<string[]> {
  const methods = findMethods(orm);
  const called = new Set<string>();
  const restore = methods.map(({ prototype, name, title }) => {
    const method = prototype[name] as Method;
    prototype[name] = function (this: unknown, ...given: unknown[]) {
      called.add(title);
      return recorder.within({ name: title, operation: "call", table: null }, () => method.apply(this, given));
    };
    return () => (prototype[name] = method);
  });
  try {
    const occasion = { name: "calls", operation: "call", table: null } as const;
    await recorder.within(occasion, async () => await calls?.(orm.em.fork()));
  } finally {
    for (const undo of restore) undo();
  }
  return methods.map(({ title }) => title).filter((title) => !called.has(title));
}

/** The methods that the entities' repositories have beyond MikroORM's own. */
function findMethods(orm: MikroORM) {
  const repositories = mappedEntities(orm)
    .filter(({ pivotTable }) => !pivotTable)
    .map(
      ({ class: entity }) => Object.getPrototypeOf(orm.em.getRepository(entity as never)) as Record<string, unknown>,
    );
  const base: object = orm.em.getPlatform().getRepositoryClass().prototype;
  const own = new Set<object>([base, EntityRepository.prototype]);
  return [...new Set(repositories.flatMap((prototype) => chainOf(prototype, own)))].flatMap((prototype) => {
    const title = (prototype.constructor as { readonly name: string }).name;
    const names = Object.getOwnPropertyNames(prototype).filter(
      (name) => name !== "constructor" && typeof Object.getOwnPropertyDescriptor(prototype, name)?.value === "function",
    );
    return names.map((name) => ({ prototype, name, title: `${title}.${name}` }));
  });
}

/** A prototype with those that it inherits from, up to MikroORM's own. */
function chainOf(prototype: Record<string, unknown>, own: ReadonlySet<object>): Record<string, unknown>[] {
  if (own.has(prototype) || prototype === Object.prototype) return [];
  return [prototype, ...chainOf(Object.getPrototypeOf(prototype) as Record<string, unknown>, own)];
}
