import type { Query } from "@thedata/catalog";
import {
  confirmEarly,
  explainStatements,
  type Finding,
  judge,
  takeSamples,
  tryEarly,
  trySamples,
  verdicts,
  worstOf,
} from "../src/index.ts";
import { type Judged, withQuery } from "./judged.ts";
import { known } from "./known.ts";
import type { ScenarioDatabases } from "./scenarios/databases.ts";
import { type Expected, expectationsOf, type Scenario, type Verdict } from "./scenarios/scenario.ts";
import { operations, worst } from "./verdicts.ts";

/** What running a release's statements shows, in both directions. */
export async function runBoth(
  scenario: Scenario,
  { old, new: newer, before, after }: Judged,
  databases: ScenarioDatabases,
): Promise<readonly ReturnType<typeof compareTried>[]> {
  const on = async <Result>(dsn: string, work: (query: Query) => Promise<Result>) =>
    await withQuery(dsn, async (query) => {
      await query("begin");
      return await work(query);
    });
  const samples = await on(databases.before, async (query) => await takeSamples(query, old));
  const later = await on(databases.after, async (query) => [
    ...(await explainStatements(query, old, after)),
    ...(await trySamples(query, old, after, samples)),
  ]);
  const oldOnNew = compareTried("old on new", scenario, later, judge(old, after), scenario.oldOnNew);
  if (scenario.onlyOld) return [oldOnNew];
  const planned = await on(databases.before, async (query) => await explainStatements(query, newer, before));
  const tried = await on(databases.before, async (query) => await tryEarly(query, newer, before));
  const confirmed = await on(databases.after, async (query) => await confirmEarly(query, newer, tried));
  return [
    oldOnNew,
    compareTried(
      "new on old",
      scenario,
      [...planned, ...confirmed],
      judge(newer, before, "earlier"),
      scenario.newOnOld,
    ),
  ];
}

/** Where running the statements shows an error that was not seen, or does not show one that was; both are named above. */
function compareTried(
  direction: string,
  { name, row }: Scenario,
  found: readonly Finding[],
  judged: readonly Finding[],
  expected: Expected,
): { readonly surprises: string[]; readonly missed: string[] } {
  const told = operations.map((operation) => {
    const own = found.filter((one) => one.operation === operation);
    const seen = worst(expectationsOf(expected, operation).map(({ verdict }) => verdict));
    const judge = worstOf(judged.filter((one) => one.operation === operation));
    const message = `${direction}: ${operation} ${worstOf(own)}, not ${seen}: ${own.map((one) => one.message).join("; ")}`;
    return { seen, says: worstOf(own), judge, message };
  });
  const isBad = (verdict: Verdict) => verdict === "breaks" || verdict === "wrong";
  const rank = (verdict: Verdict) => verdicts.indexOf(verdict);
  const isWorse = ({ seen, says, judge }: (typeof told)[number]) =>
    rank(says) < Math.min(rank(seen), rank(judge)) && (isBad(says) || row === "harmless");
  const isKnown = name in known;
  return {
    surprises: told.filter((one) => isWorse(one) && !isKnown).map((one) => one.message),
    missed: told.filter(({ seen, says }) => isBad(seen) && says === "works").map((one) => one.message),
  };
}
