import type { AnyEntity, EntityMetadata, EntityProperty } from "@mikro-orm/postgresql";
import type { Case, Subject } from "./case.ts";
import { isToOne, type Release, relations, rowsOf, scalars } from "./release.ts";
import type { Scenario } from "./scenario.ts";
import { keyOf } from "./state.ts";
import { deleteCases, insertCases, plainValue, togetherCases, updateCases, upsertCases } from "./write-cases.ts";

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
  const plain = [...scalars(meta), ...relations(meta).filter((one) => isToOne(one) && one.fieldNames?.length)].filter(
    (one) => isPlain(one) && !one.polymorphic,
  );
  const searches = plain.flatMap((one) => [
    ...valuesOf(one, found).map((value) => ({ on: name, where: { [one.name]: value }, sure: true })),
    { on: name, where: {}, orderBy: { [one.name]: "asc" }, sure: true },
  ]);
  return [...searches, ...(scenario.searches ?? []).filter(({ on }) => on === name)].map((search) => ({
    operation: "filter",
    entity: name,
    name: JSON.stringify(search, (_, one: unknown) => (typeof one === "bigint" ? `${one}n` : one)),
    sure: search.sure !== false,
    optional: (scenario.searches as readonly object[] | undefined)?.includes(search) ?? false,
    run: async (em, release) => {
      const options = {
        orderBy: "orderBy" in search ? search.orderBy : {},
        populate: "populate" in search ? search.populate : [],
      };
      const rows = await em.find(release.metadata(name).class, search.where, options as object);
      return { keys: rows.map((one) => keyOf(one)), isSingle: "single" in search && search.single };
    },
  }));
}

function valuesOf(property: EntityProperty, found: readonly AnyEntity[]): unknown[] {
  return [...new Set(found.map((one) => plainValue((one as Record<string, unknown>)[property.name])))].slice(0, 3);
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
