import type { EntityMetadata, EntityProperty, MikroORM } from "@mikro-orm/core";
import { type ContractColumn, families, type Family } from "../contract/contract.ts";
import { familyOf } from "../schema/family.ts";
import { pathOf } from "./embedded.ts";
import { sampleAs, sampleOf } from "./sample-values.ts";

/** What MikroORM makes of each family's values in a property; found by hydrating a row of each. */
export function findAccepted(
  orm: MikroORM,
  meta: EntityMetadata,
  property: EntityProperty,
  column: string,
  type: string,
): Pick<ContractColumn, "accepts" | "refuses"> {
  const own = familyOf(type);
  const become = (sample: unknown) => hydrate(orm, meta, property, column, sample);
  const value = comparable(become(sampleOf(property, own)));
  const becomeOf = (family: Family) => become(property.items ? sampleOf(property, family) : sampleAs(own, family));
  const others = families.filter((family) => family !== own).map((family) => ({ family, made: becomeOf(family) }));
  const accepted = others.filter(({ made }) => value !== undefined && comparable(made) === value);
  const refused = others.filter(({ made }) => made instanceof Error);
  const names = (list: typeof others) => list.map(({ family }) => family);
  return { accepts: [own, ...names(accepted)], refuses: names(refused) };
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
    return keyOf(valueAt(entity, pathOf(meta, property.name)), property.targetMeta);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    console.error = print;
  }
}

function valueAt(entity: object, path: readonly string[]): unknown {
  return path.reduce<unknown>((parent, step) => (parent as Record<string, unknown> | undefined)?.[step], entity);
}

/** The key that a reference to another entity holds, at whatever depth; any other value as it is. */
function keyOf(value: unknown, meta: EntityMetadata | undefined): unknown {
  const [key] = meta?.props.filter(({ primary }) => primary) ?? [];
  if (!key || typeof value !== "object" || value === null) return value;
  return keyOf((value as Record<string, unknown>)[key.name], key.targetMeta);
}

/** A value as text with its JavaScript type; undefined: there is none. */
function comparable(value: unknown): string | undefined {
  if (value === null || value === undefined || value instanceof Error) return undefined;
  if (value instanceof Date) return `date ${value.valueOf()}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  return `${typeof value} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`;
}
