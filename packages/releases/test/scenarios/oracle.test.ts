import "@thedata/dev-postgres/vitest";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createRoles, dropDatabases } from "./databases.ts";
import { scenarios } from "./index.ts";
import type { Finding } from "./finding.ts";
import { observe, operations, verdictOf } from "./oracle.ts";
import { type Expectation, type Expected, expectationsOf, type Operation } from "./scenario.ts";

const server = inject("postgresDsn");

beforeAll(async () => await createRoles(server));
afterAll(async () => await dropDatabases(server));

describe.concurrent("What a release meets on the other schema, seen with MikroORM on PostgreSQL", () => {
  for (const scenario of scenarios)
    test(`${scenario.row}: ${scenario.name}`, async () => {
      const seen = await observe(server, scenario);
      const surprises = [
        ...mismatches("old on new", seen.oldOnNew, scenario.oldOnNew),
        ...mismatches("new on old", seen.newOnOld, scenario.newOnOld),
        ...mismatches("old reads new", seen.pairOld, scenario.pair?.old ?? {}),
        ...mismatches("new reads old", seen.pairNew, scenario.pair?.new ?? {}),
      ];
      expect(surprises).toEqual([]);
    });
});

test("every scenario has a name of its own, and those without harm expect none", () => {
  const names = scenarios.map(({ row, name }) => `${row}: ${name}`);
  expect(new Set(names).size).toBe(names.length);
  const harmless = scenarios.filter(({ row }) => row === "harmless");
  expect(harmless.length).toBeGreaterThanOrEqual(25);
  expect(scenarios.length - harmless.length).toBeGreaterThanOrEqual(70);
  expect(harmless.filter((one) => Object.keys({ ...one.oldOnNew, ...one.newOnOld, ...one.pair }).length > 0)).toEqual(
    [],
  );
});

/** Says where an observation is not what was expected. */
function mismatches(direction: string, findings: readonly Finding[], expected: Expected): string[] {
  return operations.flatMap((operation) => {
    const given = expectationsOf(expected, operation);
    const named = new Set(given.flatMap(({ on }) => on ?? []));
    const rest: Expectation = { verdict: "works" };
    const checks = given.map((one) => mismatch(findings, operation, one, entityFilter(one)));
    const isRest = given.every(({ on }) => on !== undefined);
    if (isRest) checks.push(mismatch(findings, operation, rest, (entity) => !named.has(entity)));
    return checks.flatMap((text) => (text ? [`${direction}: ${operation} ${text}`] : []));
  });
}

function entityFilter({ on }: Expectation): (entity: string) => boolean {
  return (entity) => on === undefined || [on].flat().includes(entity);
}

function mismatch(
  findings: readonly Finding[],
  operation: Operation,
  { verdict, sqlState }: Expectation,
  of: (entity: string) => boolean,
): string | undefined {
  if (verdict === "unknown") return undefined;
  const seen = verdictOf(findings, operation, of);
  const states = [sqlState].flat();
  const isRight =
    seen.verdict === verdict && (seen.sqlStates.length === 0 || seen.sqlStates.some((one) => states.includes(one)));
  if (isRight) return undefined;
  return `${seen.verdict} ${seen.sqlStates.join()}, not ${verdict} ${states.join()}: ${seen.details.slice(0, 3).join("; ")}`;
}
