import type { EntityMetadata, EntityProperty } from "@mikro-orm/core";

type Data = Record<string, unknown>;

/** The data as a program gives it: what an embeddable spreads over columns is in an object again. */
export function nest(meta: EntityMetadata, data: Data): Data {
  const nested: Data = {};
  for (const [name, value] of Object.entries(data)) {
    const path = pathOf(meta, name);
    const last = path.pop() ?? name;
    const target = path.reduce((parent, step) => (parent[step] ??= {}) as Data, nested);
    target[last] = value;
  }
  return nested;
}

/** Where a property is: `address_street` in `address`, as `street`. */
export function pathOf(meta: EntityMetadata, name: string): string[] {
  const { embedded } = meta.properties[name as never] as EntityProperty;
  return embedded ? [...pathOf(meta, embedded[0]), embedded[1]] : [name];
}
