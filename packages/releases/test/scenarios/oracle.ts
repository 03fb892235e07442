import { readAcross } from "./across.ts";
import type { Case, Result } from "./case.ts";
import { casesOf } from "./cases.ts";
import { type Baseline, type Before, difference } from "./compare.ts";
import { type ScenarioDatabases, openDatabases } from "./databases.ts";
import { type Finding, findingOf, type Outcome } from "./finding.ts";
import { connect, type Release, readAll } from "./release.ts";
import type { Operation, Scenario, Verdict } from "./scenario.ts";

/** All that was met, by direction. */
export interface Observation {
  readonly oldOnNew: readonly Finding[];
  readonly newOnOld: readonly Finding[];
  readonly pairOld: readonly Finding[];
  readonly pairNew: readonly Finding[];
}

const operations: readonly Operation[] = ["read", "filter", "insert", "update", "delete", "upsert", "call"];

/** Runs a scenario on databases of its own, and again with its unusual rows. */
export async function observe(server: string, scenario: Scenario): Promise<Observation> {
  const usual = await observeOnce(server, scenario, []);
  if (!scenario.unusualRows) return usual;
  const more = await observeOnce(server, scenario, scenario.unusualRows);
  const merge = (one: keyof Observation) => [...usual[one], ...more[one].map((found) => ({ ...found, sure: false }))];
  return {
    oldOnNew: merge("oldOnNew"),
    newOnOld: merge("newOnOld"),
    pairOld: merge("pairOld"),
    pairNew: merge("pairNew"),
  };
}

/** The worst of the findings, as one verdict of an operation; `of` narrows it to entities. */
export function verdictOf(
  findings: readonly Finding[],
  operation: Operation,
  of?: (entity: string) => boolean,
): { verdict: Verdict; sqlStates: readonly (string | undefined)[]; details: readonly string[] } {
  const all = findings.filter(
    (one) => one.operation === operation && (one.entity === "" || (of?.(one.entity) ?? true)),
  );
  const sure = all.filter((one) => one.sure);
  const failed = all.filter((one) => one.verdict !== "works");
  const [breaks, wrong] = ["breaks", "wrong"].map((verdict) => sure.some((one) => one.verdict === verdict));
  const verdict = breaks ? "breaks" : wrong ? "wrong" : failed.length > 0 ? "depends" : "works";
  const decisive = failed.filter(
    (one) => one.verdict === verdict || (verdict === "depends" && one.verdict === "breaks"),
  );
  return {
    verdict,
    sqlStates: [...new Set(decisive.map((one) => one.sqlState))],
    details: failed.map((one) => `${one.verdict}: ${one.entity} ${one.case}: ${one.detail}`),
  };
}

/** The operations in the order in which they are told. */
export { operations };

interface Setting {
  readonly scenario: Scenario;
  readonly databases: ScenarioDatabases;
  readonly isUnusual: boolean;
  /** Releases at their own schema and at the other one. */
  readonly old: Side;
  readonly new: Side;
}

interface Side {
  readonly own: Release;
  readonly other: Release;
}

/** Connects, and observes all directions; with unusual rows an operation may fail at its own schema. */
async function observeOnce(server: string, scenario: Scenario, unusual: readonly string[]): Promise<Observation> {
  const databases = await openDatabases(server, scenario, unusual);
  const link = async (side: "old" | "new", at: string) => await connect(scenario[side](), at, scenario.options);
  const releases = await Promise.all([
    link("old", databases.before),
    link("old", databases.after),
    link("new", databases.after),
    link("new", databases.before),
  ]);
  const [old, oldOnNew, newer, newOnOld] = releases;
  try {
    return await observeAll({
      scenario,
      databases,
      isUnusual: unusual.length > 0,
      old: { own: old, other: oldOnNew },
      new: { own: newer, other: newOnOld },
    });
  } finally {
    await Promise.all(releases.map(async ({ orm }) => await orm.close(true)));
    await databases.drop();
  }
}

async function observeAll(setting: Setting): Promise<Observation> {
  const { scenario, databases, isUnusual, old, new: newer } = setting;
  const oldBase = await baselinesOf(scenario, old.own, "old", isUnusual);
  const newBase = scenario.onlyOld ? { cases: [], rows: {} } : await baselinesOf(scenario, newer.own, "new", isUnusual);
  const oldOnNew = await compareAll(oldBase, old.other, scenario);
  const newOnOld = await compareAll(newBase, newer.other, scenario);
  const pairOld = await readAcross(
    newBase.cases.map(({ one }) => one),
    { writer: newer.own, reader: old.other, scenario },
    oldOnNew,
  );
  const pairNew = scenario.onlyOld
    ? []
    : await readAcross(
        oldBase.cases.map(({ one }) => one),
        { writer: old.other, reader: newer.own, scenario },
        [],
      );
  if (!scenario.newRows) return { oldOnNew, newOnOld, pairOld, pairNew };
  await databases.runAfter(scenario.newRows);
  const again = await compareAll(oldBase, old.other, scenario, scenario.unseen ?? []);
  return { oldOnNew, newOnOld, pairNew, pairOld: [...pairOld, ...again.filter((one) => isNew(one, oldOnNew))] };
}

function isNew(one: Finding, found: readonly Finding[]): boolean {
  return found.some((other) => isSameCase(one, other) && other.verdict === "works");
}

function isSameCase(one: Finding, other: Finding): boolean {
  return one.operation === other.operation && one.entity === other.entity && one.case === other.case;
}

/** The cases of a release with what they give at its own schema. */
interface Baselines {
  readonly cases: readonly { readonly one: Case; readonly baseline: Baseline }[];
  readonly rows: Readonly<Record<string, Before["own"]>>;
}

async function baselinesOf(
  scenario: Scenario,
  release: Release,
  side: "old" | "new",
  isUnusual: boolean,
): Promise<Baselines> {
  const rows = await readable(release);
  const names = new Set(Object.keys(rows));
  const cases: Baselines["cases"][number][] = [];
  for (const one of await casesOf(scenario, release, side)) {
    const first = await tryCase(one, release, names);
    const second = isVolatile(one) ? await tryCase(one, release, names) : first;
    if ("result" in first && "result" in second)
      cases.push({ one, baseline: { first: first.result, second: second.result } });
    else if (!one.optional && !isUnusual)
      throw new Error(`${side} at its own schema: ${one.entity} ${one.name}: ${failureOf(first)}`);
  }
  return { cases, rows };
}

/** Only what is written may differ from one time to the next. */
function isVolatile({ operation }: Case): boolean {
  return operation === "insert" || operation === "update" || operation === "upsert";
}

function failureOf(outcome: Outcome): string {
  return "error" in outcome ? outcome.error.message : "it works once and fails the second time";
}

async function tryCase(one: Case, release: Release, names: ReadonlySet<string>): Promise<Outcome> {
  try {
    return { result: await release.trial(async (em) => await one.run(em, release, names)) };
  } catch (error) {
    return { error: error as Error };
  }
}

/** What a release reads of each entity; those that it cannot read are left out. */
async function readable(release: Release): Promise<Record<string, Before["own"]>> {
  const rows: Record<string, Before["own"]> = {};
  for (const meta of release.entities) {
    const found = await release.trial(async (em) => await readAll(em, meta)).catch(() => undefined);
    if (found) rows[meta.className] = found;
  }
  return rows;
}

async function compareAll(
  baselines: Baselines,
  other: Release,
  scenario: Scenario,
  unseen?: readonly string[],
): Promise<Finding[]> {
  const seen = await readable(other);
  const names = new Set(Object.keys(seen));
  const pairs = Object.entries(baselines.rows).map(([name, own]) => [name, { own, other: seen[name] }]);
  const before = Object.fromEntries(pairs) as Record<string, Before>;
  const findings: Finding[] = [];
  for (const { one, baseline } of baselines.cases) {
    const watched = await watch(one, other, names, unseen ?? []);
    if (one.operation === "filter" && (await isReadError(watched, one, other))) continue;
    const detail =
      "result" in watched
        ? difference(one, baseline, watched.result, before, other, scenario.defaults, unseen !== undefined)
        : undefined;
    findings.push(findingOf(one, watched, detail ?? ("changed" in watched ? watched.changed : undefined)));
  }
  return findings;
}

/** True where MikroORM refuses whatever row comes, which is the read's fault. */
async function isReadError(outcome: Outcome, { entity }: Case, release: Release): Promise<boolean> {
  if (!("error" in outcome) || outcome.error.code) return false;
  const meta = release.metadata(entity);
  return await release
    .trial(async (em) => await readAll(em, meta))
    .then(
      () => false,
      () => true,
    );
}

type Watched = Outcome | { readonly result: Result; readonly changed: string };

/** Tries a case and looks whether it changed what the release does not know of. */
async function watch(
  one: Case,
  release: Release,
  names: ReadonlySet<string>,
  unseen: readonly string[],
): Promise<Watched> {
  let changed: string | undefined;
  const run: Case["run"] = async (em, ...rest) => {
    const ask = async () => JSON.stringify(await Promise.all(unseen.map(async (sql) => await em.execute(sql))));
    const before = await ask();
    const result = await one.run(em, ...rest);
    const after = await ask();
    if (before !== after) changed = `changes what it does not know of from ${before} to ${after}`;
    return result;
  };
  const outcome = await tryCase({ ...one, run }, release, names);
  return "result" in outcome && changed ? { ...outcome, changed } : outcome;
}
