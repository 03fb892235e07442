import "@thedata/dev-postgres/vitest";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { explainStatements, type Finding, judge, judgePair, mergeFindings, worstOf } from "../src/index.ts";
import { type Judged, makeContracts, withQuery } from "./judged.ts";
import { known, notRun } from "./known.ts";
import { createRoles, openDatabases, type ScenarioDatabases } from "./scenarios/databases.ts";
import { scenarios } from "./scenarios/index.ts";
import { type Expected, expectationsOf, type Operation, type Scenario, type Verdict } from "./scenarios/scenario.ts";
import { runBoth } from "./tried.ts";
import { operations, worst } from "./verdicts.ts";

const server = inject("postgresDsn");

beforeAll(async () => await createRoles(server));

describe.concurrent("What the judge says of each change", () => {
  test.each(scenarios.map((scenario) => ({ title: `${scenario.row}: ${scenario.name}`, scenario })))(
    "$title",
    async ({ scenario }) => {
      const databases = await openDatabases(server, scenario, []);
      try {
        const judged = await makeContracts(scenario, databases);
        const surprises = surprisesOf(scenario, judged);
        expect(surprises.length > 0, surprises.join("\n")).toBe(scenario.name in known);
        const refused = await planSurprises(scenario, judged, databases);
        expect(scenario.name in known ? [] : refused).toEqual([]);
        const ran = await onFresh(scenario, async (fresh) => await runBoth(scenario, judged, fresh));
        expect(ran.flatMap(({ surprises }) => surprises)).toEqual([]);
        const missed = ran.flatMap((one) => one.missed);
        expect(missed.length > 0, missed.join("\n")).toBe(scenario.name in notRun);
      } finally {
        await databases.drop();
      }
    },
  );
});

/** Recording writes rows: what compares rows takes databases of its own. */
async function onFresh<Result>(
  scenario: Scenario,
  work: (databases: ScenarioDatabases) => Promise<Result>,
): Promise<Result> {
  const databases = await openDatabases(server, scenario, scenario.unusualRows ?? []);
  return await work(databases).finally(databases.drop);
}

/** Where the server, as the application's role, refuses what was seen to work, or SQL of the program's own is judged amiss. */
async function planSurprises(
  { oldOnNew }: Scenario,
  { old, after }: Judged,
  databases: ScenarioDatabases,
): Promise<string[]> {
  const planned = await withQuery(databases.after, async (query) => {
    await query("begin");
    return await explainStatements(query, old, after);
  });
  const all = mergeFindings(judge(old, after), planned);
  const isSeen = ({ operation }: Finding) =>
    expectationsOf(oldOnNew, operation).some(({ verdict }) => verdict !== "works");
  const says = worstOf(all.filter(({ operation }) => operation === "call"));
  const seen = worst(expectationsOf(oldOnNew, "call").map(({ verdict }) => verdict));
  return [
    ...planned
      .filter((finding) => !isSeen(finding) && finding.operation !== "upsert")
      .map(({ message }) => `refused: ${message}`),
    ...(says === seen || seen === "wrong" || seen === "unknown" ? [] : [`call ${says}, not ${seen}`]),
  ];
}

function surprisesOf(scenario: Scenario, { old, new: newer, before, after }: Judged): string[] {
  const { oldOnNew, newOnOld, pair = {}, row } = scenario;
  const strict = row === "harmless";
  return [
    ...compare("old at its own schema", judge(old, before), [], [{}], true),
    ...compare("new at its own schema", judge(newer, after), [], [{}], true),
    ...compare("old on new", judge(old, after), judgePair(newer, old, after), [oldOnNew, pair.old], strict),
    ...(scenario.onlyOld
      ? []
      : compare("new on old", judge(newer, before, "earlier"), judgePair(old, newer, before), [newOnOld], false)),
    ...compare("new beside old", [], judgePair(old, newer, after), [pair.new], strict),
  ];
}

/** Says where the judge contradicts what was seen; what a pair meets may not be among the scenario's rows. */
function compare(
  direction: string,
  own: readonly Finding[],
  beside: readonly Finding[],
  expected: readonly (Expected | undefined)[],
  strict: boolean,
): string[] {
  const says = (operation: Operation, findings: readonly Finding[]) =>
    worstOf(findings.filter((finding) => finding.operation === operation));
  return operations.flatMap((operation) => {
    const found = expected.flatMap((one) => expectationsOf(one ?? {}, operation));
    const seen = worst(found.map(({ verdict }) => verdict));
    const [alone, together] = [own, [...own, ...beside]].map((findings) => says(operation, findings)) as [
      Verdict,
      Verdict,
    ];
    // The oracle upserts what it has inserted: it sees less than an insert shows.
    if (operation === "upsert" && seen === "works" && alone === says("insert", own) && !strict) return [];
    if (agrees(alone, seen, strict) || agrees(together, seen, strict)) return [];
    const messages = [...own, ...beside]
      .filter((finding) => finding.operation === operation)
      .map(({ message }) => message);
    return [`${direction}: ${operation} ${together}, not ${seen}: ${messages.slice(0, 2).join("; ")}`];
  });
}

/**
 * What depends on rows and writers, and what nobody can tell from the catalogs, may turn out any way; of a harmless
 * change the judge says nothing.
 */
function agrees(says: Verdict, seen: Verdict, strict: boolean): boolean {
  return says === seen || seen === "unknown" || (!strict && (says === "depends" || says === "unknown"));
}
