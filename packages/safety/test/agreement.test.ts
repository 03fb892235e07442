import pg from "pg";
import { createDatabase, dropDatabase, startPostgres } from "@thedata/dev-postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Action } from "../src/parse/actions.ts";
import { effectsOf } from "../src/effects/effects.ts";
import { exampleSchema, exampleState } from "./examples.ts";
import { type LockMode, lockModes } from "../src/finding.ts";
import { actionsOf } from "../src/parse/read-actions.ts";
import { rules } from "../src/rules/index.ts";
import { Run } from "../src/run.ts";
import type { Schema } from "../src/schema/schema.ts";
import { apply } from "../src/schema/apply.ts";
import type { TracedSession } from "../src/trace/measure.ts";
import { loadParser, parseStatements } from "../src/parse/statement.ts";
import { tracedSession, tryMeasure } from "./traced-session.ts";

beforeAll(loadParser);

const rank = (lock: LockMode | undefined) => (lock === undefined ? -1 : lockModes.indexOf(lock));
/** Weaker locks keep nobody waiting who reads or writes. */
const matters = (lock: LockMode | undefined) => rank(lock) >= lockModes.indexOf("SHARE UPDATE EXCLUSIVE");

const rows = `
insert into orgs select n, 'org', '{}' from generate_series(1, 20) n;
insert into users (id, email, name, age, note, org_id) select n, n || '@x', 'n' || n, n, 'note', 1 from generate_series(1, 50) n;
insert into orders (user_id, amount, code, ref_id, mood) select n, n, 'c' || n, n, 'happy' from generate_series(1, 50) n;
insert into lines select n, n, 1 from generate_series(1, 50) n;
insert into events select n, '2024-02-01', 'k' from generate_series(1, 50) n;
insert into spare select n, '2026-02-01', 'k' from generate_series(1, 50) n;
insert into proven select n, '2027-02-01', 'k' from generate_series(1, 50) n;
insert into app.items select n, 'i' from generate_series(1, 50) n;`;

/** Every transactional example of the rules, once. */
const examples = [...new Set(rules.flatMap(({ fires, silent }) => [...fires, ...silent]))].filter(
  (example) =>
    !/^-- [^\n]*(outside|unknown|server|no timeouts)/.test(example) &&
    example.length < 1000 &&
    !/\bloop\b|^\s*(begin|start|commit|rollback)\b|\bcommit\b/i.test(example),
);

describe.each([15, 16, 17, 18] as const)("on PostgreSQL %s", (version) => {
  let client: pg.Client;
  let session: TracedSession;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const server = await startPostgres({ source: "embedded", version });
    const dsn = await createDatabase(server.dsn);
    client = new pg.Client(dsn);
    await client.connect();
    await client.query(exampleSchema + rows);
    session = await tracedSession(client);
    stop = async () => {
      await client.end();
      await dropDatabase(server.dsn, dsn);
      await server.stop();
    };
  });
  afterAll(async () => await stop());

  it("locks, scans and rewrites what the linter says, statement by statement", { timeout: 240_000 }, async () => {
    const disagreements: string[] = [];
    let compared = 0;
    for (const example of examples) {
      const utc = example.startsWith("-- utc\n");
      const sql = utc ? example.slice(example.indexOf("\n") + 1) : example;
      const settings = {
        lockTimeoutMs: 0,
        statementTimeoutMs: 0,
        timeZone: utc ? "UTC" : "Europe/Berlin",
        server: version,
      };
      await client.query("begin; set local statement_timeout = '10s'");
      await client.query(`set local timezone = '${settings.timeZone}'`);
      const schema = exampleState();
      const run = new Run(true, settings);
      for (const statement of parseStatements([sql])) {
        const { sql: text, node } = statement;
        const seen = await tryMeasure(session, text);
        if (!seen) break;
        const actions = actionsOf(node);
        const said = new Map<string, { lock: LockMode; work: string }>();
        for (const action of actions) {
          for (const { relation, lock, work } of effectsOf(action, schema, run.settings)) {
            const other = said.get(relation);
            said.set(relation, {
              lock: other && rank(other.lock) > rank(lock) ? other.lock : lock,
              work: strongest(other?.work, work),
            });
          }
          run.note({ action, statement, effects: [] }, schema);
          apply(action, schema, 1);
        }
        compared++;
        for (const relation of new Set([...seen.keys(), ...said.keys()])) {
          if (relation.startsWith("pg_temp.")) continue;
          const one = seen.get(relation) ?? { lock: undefined, work: "none" };
          const { lock, work = "none" } = said.get(relation) ?? {};
          const locks = matters(one.lock) && one.lock !== lock;
          const wrong =
            work !== one.work &&
            !actions.some((action) => readsRows(action.do, relation === target(actions[0], schema)));
          if (locks || wrong)
            disagreements.push(
              `${sql}\n   ${text}: ${relation} said ${lock ?? "-"}/${work}, seen ${one.lock ?? "-"}/${one.work}`,
            );
        }
      }
      await client.query("rollback");
    }
    expect(disagreements.slice(0, 60)).toEqual([]);
    expect(compared).toBeGreaterThan(250);
    console.log(`PostgreSQL ${version}: ${compared} statements agree`);
  });

  it(
    "rewrites a table for a change of type where the linter says so, for every pair of types",
    { timeout: 240_000 },
    async () => {
      const disagreements: string[] = [];
      let compared = 0;
      for (const timeZone of ["UTC", "Europe/Berlin"])
        for (const from of timeZone === "UTC" ? types : types.filter((type) => type.startsWith("time"))) {
          await client.query(
            `begin; set local timezone = '${timeZone}'; create table pair (c ${from}); insert into pair values (null)`,
          );
          await client.query("savepoint indexed");
          const isIndexed = await client.query("create index pair_c on pair (c)").then(
            () => true,
            async () => void (await client.query("rollback to savepoint indexed")),
          );
          for (const to of types) {
            await client.query("savepoint pair");
            const plain = `alter table pair alter column c type ${to}`;
            const seen = (await tryMeasure(session, plain)) ?? (await tryMeasure(session, `${plain} using c::${to}`));
            await client.query("rollback to savepoint pair");
            if (!seen) continue;
            compared++;
            const said = judge(from, to, { timeZone, isIndexed: isIndexed === true });
            const work = seen.get("public.pair")?.work ?? "none";
            if (said !== work) disagreements.push(`${timeZone}: ${from} to ${to}: said ${said}, seen ${work}`);
          }
          await client.query("rollback");
        }
      expect(disagreements).toEqual([]);
      console.log(`PostgreSQL ${version}: ${compared} pairs of types agree`);
    },
  );
});

/** What the linter says of a change between two types. */
function judge(from: string, to: string, { timeZone, isIndexed }: { timeZone: string; isIndexed: boolean }): string {
  const schema = exampleState();
  const settings = { lockTimeoutMs: 0, statementTimeoutMs: 0, timeZone, server: 18 };
  const index = isIndexed ? "; create index pair_c on pair (c)" : "";
  const sql = `create table pair (c ${from}); insert into pair values (null)${index}; alter table pair alter column c type ${to}`;
  const actions = parseStatements([sql]).flatMap(({ node }) => actionsOf(node));
  for (const action of actions.slice(0, -1)) apply(action, schema, 1);
  return effectsOf(actions.at(-1) as Action, schema, settings)[0]?.work ?? "none";
}

const types =
  `int2 int4 int8 numeric numeric(10,2) numeric(12,2) numeric(10,4) numeric(8,2) float4 float8 varchar varchar(10)
  varchar(20) text char(5) char(10) xml name bit(4) bit(8) varbit varbit(4) varbit(8) date time time(3) timestamp timestamp(3)
  timestamptz timestamptz(3) timetz interval interval(3) cidr inet uuid json jsonb boolean bytea mood positive label int4[]
  int8[] text[] varchar(10)[] varchar(20)[] money oid`.split(/\s+/);

const dml = new Set(["select", "insert", "update", "delete", "merge", "copy from", "create table as", "refresh", "do"]);

/** True where a scan may come from a query: of what is read and written, or of the other table of a foreign key. */
function readsRows(what: string, isTarget: boolean): boolean {
  return dml.has(what) || (what === "alter table" && !isTarget);
}

function target(action: Action | undefined, schema: Schema): string | undefined {
  return action?.do === "alter table" ? schema.resolve(action.table) : undefined;
}

function strongest(a: string | undefined, b: string): string {
  const order = ["none", "scan", "build", "rewrite"];
  return a !== undefined && order.indexOf(a) > order.indexOf(b) ? a : b;
}
