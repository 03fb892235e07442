import type { CatalogObject, Property } from "../catalog.ts";
import { readList } from "../sql/lexer.ts";

/**
 * Unifies texts that PostgreSQL writes in more than one way: in different versions, and after dump and restore.
 * `version` is `server_version_num`.
 */
export async function normalize(objects: readonly CatalogObject[], version: number): Promise<CatalogObject[]> {
  const distributed = objects.map((object) => ({
    ...object,
    properties: mapTexts(object.properties, distributeCasts),
  }));
  // From version 16 on, PostgreSQL no longer qualifies the columns of a view over one table.
  if (version >= 160_000 || !distributed.some(({ kind }) => kind === "view")) return distributed;
  const { unqualifyColumns } = await import("./unqualify-columns.ts");
  return await Promise.all(
    distributed.map(async (object) => {
      const { definition } = object.properties;
      if (object.kind !== "view" || typeof definition !== "string") return object;
      return { ...object, properties: { ...object.properties, definition: await unqualifyColumns(definition) } };
    }),
  );
}

function mapTexts(
  properties: CatalogObject["properties"],
  change: (text: string) => string,
): CatalogObject["properties"] {
  const map = (value: Property): Property =>
    typeof value === "string" ? change(value) : Array.isArray(value) ? value.map(change) : value;
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, map(value)]));
}

/**
 * `(ARRAY['a'::character varying, …])::text[]` becomes `ARRAY[('a'::character varying)::text, …]`, as PostgreSQL itself
 * reads it when a dump is restored.
 */
export function distributeCasts(text: string): string {
  const start = text.indexOf("(ARRAY[");
  if (start < 0) return text;
  const list = start + "(ARRAY[".length;
  const elements = readList(text, list);
  const cast = elements.end >= 0 && /^\]\)::([\w ."]+?)\[\]/.exec(text.slice(elements.end));
  if (!cast) return text.slice(0, list) + distributeCasts(text.slice(list));
  const array = `ARRAY[${elements.parts.map((element) => `(${element})::${cast[1]}`).join(", ")}]`;
  return text.slice(0, start) + array + distributeCasts(text.slice(elements.end + cast[0].length));
}
