import type { AnyEntity, EntityManager, EntityMetadata } from "@mikro-orm/postgresql";
import type { Case } from "./case.ts";
import { invalidity } from "./compare.ts";
import { type Finding, findingOf } from "./finding.ts";
import type { Release } from "./release.ts";
import type { Scenario } from "./scenario.ts";
import { isAlike, keyOf, type State, stateOf } from "./state.ts";

/** Two releases on one schema. */
export interface Pair {
  readonly scenario: Scenario;
  readonly writer: Release;
  readonly reader: Release;
}

/** Has one release read, change and delete what the other writes; what the reader meets with any row is left out. */
export async function readAcross(cases: readonly Case[], pair: Pair, known: readonly Finding[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const one of cases.filter((one) => one.operation === "insert" || one.operation === "update")) {
    const entity = readerEntity(pair, one.entity);
    if (!entity) continue;
    for (const operation of one.operation === "update"
      ? (["read"] as const)
      : (["read", "update", "delete"] as const)) {
      if (known.some((found) => found.operation === operation && found.entity === entity && found.verdict !== "works"))
        continue;
      const found = await tryAcross(pair, one, entity, operation);
      if (found) findings.push(found);
      if (operation === "read" && found?.verdict === "breaks") break;
    }
  }
  return findings;
}

/** The reader's entity that maps the rows of the writer's. */
function readerEntity({ reader, writer }: Pair, name: string): string | undefined {
  const names = new Set(reader.entities.map((one) => one.className));
  const root = writer.metadata(name).root.className;
  return [root, name].find((one) => names.has(one));
}

/** Writes and reads in one transaction, which is rolled back; undefined: it could not be written. */
async function tryAcross(
  { scenario, writer, reader }: Pair,
  one: Case,
  entity: string,
  operation: "read" | "update" | "delete",
): Promise<Finding | undefined> {
  const names = new Set(writer.entities.map(({ className }) => className));
  return await writer.trial(async (em) => {
    const written = await one.run(em, writer, names).catch(() => undefined);
    const [key, own] = Object.entries(written?.rows ?? {})[0] ?? [];
    if (!key || !own || Object.keys(own).length === 0) return undefined;
    const other = reader.orm.em.fork();
    other.setTransactionContext(em.getTransactionContext());
    const told = { ...one, operation, entity };
    try {
      return findingOf(
        told,
        { result: {} },
        await useAcross(scenario, other, reader.metadata(entity), key, own, operation),
      );
    } catch (error) {
      return findingOf(told, { error: error as Error }, undefined);
    }
  });
}

async function useAcross(
  scenario: Scenario,
  em: EntityManager,
  meta: EntityMetadata,
  key: string,
  own: State,
  operation: "read" | "update" | "delete",
): Promise<string | undefined> {
  const all = operation === "read" ? await em.find(meta.class, {}) : await em.find(meta.class, {}).catch(() => []);
  const read = (all as AnyEntity[]).find((row) => keyOf(row) === key);
  if (operation === "read") return read ? misread(read, own, meta) : `row ${key} is missing`;
  if (!read) return undefined;
  const [text] = scenario.writes[meta.className]?.minimal ?? [];
  if (operation === "update" && text) em.assign(read, { [text]: "changed by the other" } as never);
  if (operation === "delete") em.remove(read);
  await em.flush();
  return undefined;
}

function misread(read: AnyEntity, own: State, meta: EntityMetadata): string | undefined {
  const seen = stateOf(read);
  const shared = Object.keys(own).filter((one) => seen[one] && own[one]?.type === seen[one].type);
  const wrong = shared.find((one) => !isAlike(own[one], seen[one]));
  return invalidity(seen, meta) ?? (wrong && `${wrong} is ${seen[wrong]?.text} instead of ${own[wrong]?.text}`);
}
