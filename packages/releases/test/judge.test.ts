import { type Catalog, type Query, readCatalog } from "@thedata/catalog";
import "@thedata/dev-postgres/vitest";
import type { EntitySchema } from "@mikro-orm/postgresql";
import pg from "pg";
import { beforeAll, describe, expect, inject, test } from "vitest";
import {
  confirmEarly,
  type Contract,
  explainStatements,
  type Finding,
  judge,
  judgePair,
  mergeFindings,
  takeSamples,
  tryEarly,
  trySamples,
  worstOf,
} from "../src/index.ts";
import { makeContract } from "../src/record/index.ts";
import { createRoles, openDatabases, type ScenarioDatabases } from "./scenarios/databases.ts";
import { scenarios } from "./scenarios/index.ts";
import { connect } from "./scenarios/release.ts";
import { type Expected, expectationsOf, type Operation, type Scenario, type Verdict } from "./scenarios/scenario.ts";

const server = inject("postgresDsn");
const operations: readonly Operation[] = ["read", "filter", "insert", "update", "delete", "upsert", "call"];

beforeAll(async () => await createRoles(server));

/** What is made of a scenario: both releases' contracts and both schemas. */
interface Judged {
  readonly old: Contract;
  readonly new: Contract;
  readonly before: Catalog;
  readonly after: Catalog;
}

/** Where the judge may differ from what was seen, and why. */
const known: Readonly<Record<string, string>> = {
  "the right to insert is revoked": "rights are a role's: the live judge and the run as a role see them",
  "the right to read one column is revoked that the release does not map": "the same",
  "the role gets another time zone, by which the old release's SQL cuts days": "a role's setting is not in the catalog",
  "a jsonb column is added with the name of a collection, filled with []":
    "the judge does not know what a column holds",
  'a jsonb column is added with the name of a collection, filled with {"title": "from the database"}':
    "the oracle does not look for documents",
  "a column is dropped that the old release lists when it reads":
    "the models do not say that the program lists it: wrong, not breaks",
  "the nulls of a column are filled, then it takes no null any more":
    "rows that a migration changes are not in the catalog",
  "an item that rows still have is removed from the newer models":
    "the oracle looks for such rows, which reading shows already",
  "a view that an entity maps is dropped": "the oracle does not write to a view",
};

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

/** What running a release's statements shows, in both directions. */
async function runBoth(
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
  const oldOnNew = compareTried("old on new", scenario, later, scenario.oldOnNew);
  if (scenario.onlyOld) return [oldOnNew];
  const planned = await on(databases.before, async (query) => await explainStatements(query, newer, before));
  const tried = await on(databases.before, async (query) => await tryEarly(query, newer, before));
  const confirmed = await on(databases.after, async (query) => await confirmEarly(query, newer, tried));
  return [oldOnNew, compareTried("new on old", scenario, [...planned, ...confirmed], scenario.newOnOld)];
}

/** What only the catalogs show, and why running the statements does not. */
const notRun: Readonly<Record<string, string>> = Object.fromEntries(
  (
    [
      [
        "rows of a relation's own table are written with the entities",
        ["a pivot table gets a column that takes no null", "the table of a relation's pivot is renamed"],
      ],
      [
        "a default is no value that the release sends",
        [
          "a default that MikroORM fills in is changed",
          "a default that the server fills in is changed",
          "a default that the server fills in is dropped, the column takes null",
        ],
      ],
      [
        "nobody asks whether other rows went too",
        ["a delete that set null cascades", "a foreign key is dropped whose delete cascaded"],
      ],
      [
        "the values of before are those of another time",
        [
          "a column that the old release sends is generated now",
          "a time becomes a date",
          "a time loses its zone while the server's is not UTC",
          "an item that rows still have is removed from the newer models",
          "the nulls of a column are filled, then it takes no null any more",
          "a text becomes an array",
        ],
      ],
      [
        "what the server made comes back by RETURNING, in another type",
        ["an integer key becomes a bigint, mapped as integer by the old release", "the version becomes a bigint"],
      ],
      [
        "the document goes to a collection, which an update changes",
        [`a jsonb column is added with the name of a collection, filled with {"title": "from the database"}`],
      ],
      [
        "a class of a shared table is found by its kind, which is a parameter",
        ["a table of single table inheritance gets a column that takes no null"],
      ],
      ["the recorded search looks into the document", ["a jsonb becomes a json"]],
      ["the rows have one spelling", ["a text gets another collation"]],
      [
        "a call's values are not known",
        [
          "a sequence is dropped that the old release asks",
          "a view is replaced by one with another filter",
          "the role gets another time zone, by which the old release's SQL cuts days",
        ],
      ],
      ["who does not see a row cannot see that it is left", ["row security is enabled without a policy"]],
      [
        "rights are no part of the schema",
        ["the right to insert is revoked", "the right to read one column is revoked that the release does not map"],
      ],
    ] as const
  ).flatMap(([reason, names]) => names.map((name) => [name, reason])),
);

/** Where running the statements shows an error that was not seen, or does not show one that was; both are named above. */
function compareTried(
  direction: string,
  { name, row }: Scenario,
  found: readonly Finding[],
  expected: Expected,
): { readonly surprises: string[]; readonly missed: string[] } {
  const told = operations.map((operation) => {
    const own = found.filter((one) => one.operation === operation);
    const seen = worst(expectationsOf(expected, operation).map(({ verdict }) => verdict));
    const message = `${direction}: ${operation} ${worstOf(own)}, not ${seen}: ${own.map((one) => one.message).join("; ")}`;
    return { seen, says: worstOf(own), message };
  });
  const isBad = (verdict: Verdict) => verdict === "breaks" || verdict === "wrong";
  const isAlarm = (says: Verdict) =>
    isBad(says) || (row === "harmless" && direction === "old on new" && says !== "works");
  const isKnown = name in known;
  return {
    surprises: told.filter(({ seen, says }) => seen === "works" && isAlarm(says) && !isKnown).map((one) => one.message),
    missed: told.filter(({ seen, says }) => isBad(seen) && says === "works").map((one) => one.message),
  };
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

function worst(verdicts: readonly Verdict[]): Verdict {
  return worstOf(verdicts.filter((verdict) => verdict !== "works").map((verdict) => ({ verdict })));
}

/**
 * What depends on rows and writers, and what nobody can tell from the catalogs, may turn out any way; of a harmless
 * change the judge says nothing.
 */
function agrees(says: Verdict, seen: Verdict, strict: boolean): boolean {
  return says === seen || seen === "unknown" || (!strict && (says === "depends" || says === "unknown"));
}

async function makeContracts(scenario: Scenario, databases: ScenarioDatabases): Promise<Judged> {
  const [before, after] = [databases.before, databases.after].map(asOwner) as [string, string];
  return {
    before: await withQuery(before, async (query) => await readCatalog(query, { except: [] })),
    after: await withQuery(after, async (query) => await readCatalog(query, { except: [] })),
    old: await makeOne(scenario, scenario.old(), before, "1.0.0"),
    new: await makeOne(scenario, scenario.new(), after, "2.0.0"),
  };
}

async function makeOne(scenario: Scenario, entities: EntitySchema[], dsn: string, version: string): Promise<Contract> {
  const { orm } = await connect(entities, dsn, scenario.options);
  const side = version === "1.0.0" ? "old" : "new";
  try {
    return await withQuery(dsn, async (query) => {
      const schema = await readCatalog(query, { except: [] });
      await query("begin");
      const calls: Parameters<typeof makeContract>[0]["calls"] = async (em) => {
        for (const { by, sql, parameters } of scenario.calls ?? [])
          if (by === side || by === "both") await em.getConnection().execute(sql, [...(parameters ?? [])]);
      };
      const contract = await makeContract({
        orm,
        query,
        schema,
        package: "models",
        version,
        ormVersion: "7",
        head: "head",
        calls,
      });
      await query("rollback");
      return contract;
    });
  } finally {
    await orm.close(true);
  }
}

function asOwner(dsn: string): string {
  const url = new URL(server);
  url.pathname = new URL(dsn).pathname;
  return url.href;
}

async function withQuery<Result>(dsn: string, work: (query: Query) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(dsn);
  await client.connect();
  try {
    return await work(async (sql, parameters) => (await client.query(sql, parameters && [...parameters])).rows);
  } finally {
    await client.end();
  }
}
