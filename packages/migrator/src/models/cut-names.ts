import type { MikroORM } from "@mikro-orm/postgresql";

/** Cuts a name as PostgreSQL does: to 63 bytes, and between characters. */
export function cutName(name: string): string {
  const bytes = Buffer.from(name);
  return bytes.length <= 63 ? name : new TextDecoder().decode(bytes.subarray(0, 63), { stream: true });
}

/**
 * Cuts the names in the models as PostgreSQL does. MikroORM cuts some names and compares the others in full, and then
 * takes an existing object for another one.
 */
export function cutNames(orm: MikroORM): void {
  const platform = orm.em.getPlatform();
  const named = platform.getIndexName.bind(platform);
  platform.getIndexName = (...parts) => cutName(named(...parts));
  for (const meta of orm.getMetadata().getAll().values()) {
    cutIn(meta, ["tableName"]);
    for (const index of [...meta.indexes, ...meta.uniques, ...meta.checks]) cutIn(index, ["name"]);
    for (const prop of meta.props) {
      cutIn(prop, ["nativeEnumName", "foreignKeyName", "index", "unique", "pivotTable"]);
      for (const key of ["fieldNames", "joinColumns", "inverseJoinColumns", "referencedColumnNames"] as const)
        cutList(prop[key]);
      if (prop.nativeEnumName) cutList(prop.columnTypes);
    }
  }
}

function cutIn<Thing extends object>(thing: Thing, keys: readonly (keyof Thing)[]): void {
  for (const key of keys) {
    const name: unknown = thing[key];
    if (typeof name === "string") Object.assign(thing, { [key]: cutName(name) });
  }
}

function cutList(names: string[] | undefined): void {
  for (const [index, name] of (names ?? []).entries()) names?.splice(index, 1, cutName(name));
}
