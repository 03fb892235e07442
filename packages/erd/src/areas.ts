import { distance } from "fastest-levenshtein";
import { AreasError } from "./errors.ts";

/** A group of tables that the picture shows together. */
export interface Area {
  /** Empty where the diagram has only one area. */
  readonly name: string;
  /** The names of its tables in the diagram. */
  readonly tables: readonly string[];
}

/** The configuration's areas: names of tables by the name of their area. */
export type AreaNames = Readonly<Record<string, readonly string[]>>;

interface Table {
  readonly name: string;
  readonly schema: string;
}

interface Link {
  readonly from: string;
  readonly to: string;
}

/**
 * Assigns each table to one area: as configured; the rest by schema where there are several schemas; else, without any
 * configuration, by foreign keys. Throws an `AreasError` for an unknown table or one in two areas.
 */
export function groupTables(tables: readonly Table[], links: readonly Link[], configured: AreaNames): Area[] {
  const areas = Object.entries(configured).map(([name, names]) => ({
    name,
    tables: names.map((table) => find(table, name, tables)),
  }));
  refuseTwice(areas);
  const named = new Set(areas.flatMap((area) => area.tables));
  const rest = tables.filter(({ name }) => !named.has(name));
  const found = groupRest(rest, links, areas.length > 0).map((area) => ({
    ...area,
    tables: orderByLinks(area.tables, links),
  }));
  return [...areas, ...found].filter((area) => area.tables.length > 0);
}

function find(wanted: string, area: string, tables: readonly Table[]): string {
  const found = tables.find(({ name }) => name === wanted || `public.${name}` === wanted);
  if (found) return found.name;
  const near = tables.map(({ name }) => name).filter((name) => distance(name, wanted) <= 1 + wanted.length / 4);
  const hint = near.length > 0 ? `: is ${near.join(" or ")} meant?` : "; write it as the picture does, without quotes";
  throw new AreasError(
    `The configuration's area "${area}" names the table "${wanted}", which is not at the head of the migrations${hint}`,
  );
}

function refuseTwice(areas: readonly Area[]): void {
  const seen = new Map<string, string>();
  for (const { name, tables } of areas)
    for (const table of tables) {
      const other = seen.get(table);
      if (other !== undefined)
        throw new AreasError(
          `The configuration names the table "${table}" in the area "${other}" and in "${name}": name it in one area only`,
        );
      seen.set(table, name);
    }
}

function groupRest(rest: readonly Table[], links: readonly Link[], configured: boolean): Area[] {
  const schemas = [...new Set(rest.map(({ schema }) => schema))].toSorted();
  if (schemas.length > 1)
    return schemas.map((name) => ({ name, tables: namesOf(rest.filter(({ schema }) => schema === name)) }));
  return configured ? [{ name: "Other tables", tables: namesOf(rest) }] : groupByLinks(namesOf(rest), links);
}

function namesOf(tables: readonly Table[]): string[] {
  return tables.map(({ name }) => name);
}

/** One area for each group of linked tables, named after its most referenced table, and one for all unlinked tables. */
function groupByLinks(names: readonly string[], links: readonly Link[]): Area[] {
  const groups = connect(names, links);
  if (groups.length < 2) return [{ name: "", tables: names }];
  const linked = groups.filter((tables) => tables.length > 1);
  const alone = groups.filter((tables) => tables.length === 1).flat();
  const areas = linked.map((tables) => ({ name: mostReferenced(tables, links), tables }));
  return [...areas, { name: areas.length > 0 ? "Other tables" : "", tables: alone }];
}

function connect(names: readonly string[], links: readonly Link[]): string[][] {
  const root = new Map(names.map((name) => [name, name]));
  for (const { from, to } of links) {
    const [a, b] = [root.get(from), root.get(to)];
    for (const [name, group] of root) if (group === a && b !== undefined) root.set(name, b);
  }
  return [...Map.groupBy(names, (name) => root.get(name)).values()];
}

function mostReferenced(tables: readonly string[], links: readonly Link[]): string {
  return orderByReferences(tables, links)[0] ?? "";
}

function orderByReferences(tables: readonly string[], links: readonly Link[]): string[] {
  const count = Map.groupBy(
    links.filter(({ from, to }) => from !== to),
    ({ to }) => to,
  );
  const references = (table: string) => count.get(table)?.length ?? 0;
  return tables.toSorted((a, b) => references(b) - references(a) || (a < b ? -1 : 1));
}

/**
 * Places linked tables next to each other: the most referenced one first, then always the one most linked to the
 * placed.
 */
function orderByLinks(tables: readonly string[], links: readonly Link[]): string[] {
  const waiting = orderByReferences(tables, links);
  const pull = new Map<string, number>();
  const ordered: string[] = [];
  while (waiting.length > 0) {
    const strongest = Math.max(...waiting.map((table) => pull.get(table) ?? 0));
    const next = waiting.findIndex((table) => (pull.get(table) ?? 0) === strongest);
    const [table = ""] = waiting.splice(next, 1);
    ordered.push(table);
    // Links to tables placed later weigh more.
    for (const { from, to } of links)
      for (const [one, other] of [[from, to] as const, [to, from] as const])
        if (one === table) pull.set(other, (pull.get(other) ?? 0) + ordered.length);
  }
  return ordered;
}
