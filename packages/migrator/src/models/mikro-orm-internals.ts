import type { MikroORM } from "@mikro-orm/postgresql";

// What we use of MikroORM 7 that its types keep to itself. Each is looked at before it is used: a version without it is
// named, in place of a failure somewhere else.

/** What makes statements of two schemas. */
export interface Generator {
  prepareSchemaForComparison(options: object): Promise<{ fromSchema: unknown; toSchema: unknown }>;
  diffToSQL(difference: unknown, options: object): string;
}

/** What finds the difference between two schemas. */
export interface Comparator {
  compare(from: unknown, to: unknown, inverse?: unknown): unknown;
  detectColumnRenamings(): void;
}

/** The generator behind `orm.schema`. Throws where this version has none of that shape. */
export function generatorOf(orm: MikroORM): Generator {
  const schema: unknown = orm.schema;
  if (hasMethods<Generator>(schema, ["prepareSchemaForComparison", "diffToSQL"])) return schema;
  throw unknownVersion("orm.schema.prepareSchemaForComparison and diffToSQL");
}

/** A comparator on the platform of `orm`. Throws where this version has none of that shape. */
export async function createComparator(orm: MikroORM): Promise<Comparator> {
  const { SchemaComparator } = await import("@mikro-orm/postgresql");
  const comparator: unknown = new SchemaComparator(orm.em.getPlatform());
  if (hasMethods<Comparator>(comparator, ["compare", "detectColumnRenamings"])) return comparator;
  throw unknownVersion("SchemaComparator.compare and detectColumnRenamings");
}

function hasMethods<Shape>(value: unknown, names: readonly (keyof Shape & string)[]): value is Shape {
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}

function unknownVersion(what: string): TypeError {
  return new TypeError(`MikroORM no longer has ${what}: use a version of MikroORM 7 that this release names`);
}
