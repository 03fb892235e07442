import type { EntityMetadata, EntityProperty, MikroORM } from "@mikro-orm/core";
import { families, type Family } from "../contract/contract.ts";
import { familyOf, sampleAs, samples } from "./family.ts";

/**
 * The families whose values MikroORM turns into a value of the same JavaScript type as the column's own; found by
 * hydrating a row of each.
 */
export function findAccepted(
  orm: MikroORM,
  meta: EntityMetadata,
  property: EntityProperty,
  column: string,
  type: string,
): Family[] {
  const own = familyOf(type);
  const kind = kindOf(hydrate(orm, meta, property, column, sampleOf(property, own)));
  const becomes = (family: Family) => {
    const sample = property.items ? sampleOf(property, family) : sampleAs(own, family);
    return kindOf(hydrate(orm, meta, property, column, sample));
  };
  return families.filter((family) => family === own || (kind !== "nothing" && becomes(family) === kind));
}

/** The value that the driver gives for a column of this family; one of the property's items where it has items. */
export function sampleOf({ items, array }: EntityProperty, family: Family): unknown {
  const [item] = items ?? [];
  if (item === undefined) return samples[family];
  if (family === "array") return [item];
  return family === "text" && array !== true ? item : samples[family];
}

/** What the property of an entity is when its column has this value. Returns an `Error` where MikroORM throws. */
export function hydrate(
  orm: MikroORM,
  meta: EntityMetadata,
  property: EntityProperty,
  column: string,
  value: unknown,
): unknown {
  // MikroORM prints the code that it generates where a value does not fit it.
  const print = console.error;
  console.error = () => {};
  try {
    const row = orm.em.getDriver().mapResult({ [column]: value } as object, meta) ?? {};
    const entity = orm.em
      .fork()
      .getEntityFactory()
      .create(meta.class, row, { convertCustomTypes: true, newEntity: true, merge: false });
    return keyOf((entity as Record<string, unknown>)[property.name], property.targetMeta);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    console.error = print;
  }
}

/** The key that a reference to another entity holds, at whatever depth; any other value as it is. */
function keyOf(value: unknown, meta: EntityMetadata | undefined): unknown {
  const [key] = meta?.props.filter(({ primary }) => primary) ?? [];
  if (!key || typeof value !== "object" || value === null) return value;
  return keyOf((value as Record<string, unknown>)[key.name], key.targetMeta);
}

function kindOf(value: unknown): string {
  if (value instanceof Date) return Number.isNaN(value.valueOf()) ? "nothing" : "date";
  if (value === null || value === undefined || value instanceof Error || Number.isNaN(value)) return "nothing";
  if (Array.isArray(value)) return "array";
  return value instanceof Uint8Array ? "bytes" : typeof value;
}
