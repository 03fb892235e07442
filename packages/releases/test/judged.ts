import { type Catalog, type Query, readCatalog } from "@thedata/catalog";
import "@thedata/dev-postgres/vitest";
import type { EntitySchema } from "@mikro-orm/postgresql";
import pg from "pg";
import { inject } from "vitest";
import { type Contract, textTypes } from "../src/index.ts";
import { makeContract } from "../src/record/index.ts";
import type { ScenarioDatabases } from "./scenarios/databases.ts";
import { connect } from "./scenarios/release.ts";
import type { Scenario } from "./scenarios/scenario.ts";

const server = inject("postgresDsn");

// No verdict may depend on the time zone of the machine.
process.env["TZ"] = "America/New_York";

/** What is made of a scenario: both releases' contracts and both schemas. */
export interface Judged {
  readonly old: Contract;
  readonly new: Contract;
  readonly before: Catalog;
  readonly after: Catalog;
}

/** Makes the contracts of both releases, each on its own schema. */
export async function makeContracts(scenario: Scenario, databases: ScenarioDatabases): Promise<Judged> {
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

/** Runs SQL in a session of its own. */
export async function withQuery<Result>(dsn: string, work: (query: Query) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(dsn);
  const parsers: { setTypeParser(type: number, parse: (text: string) => unknown): unknown } = client;
  for (const type of textTypes) parsers.setTypeParser(type, (text) => text);
  await client.connect();
  try {
    return await work(async (sql, parameters) => (await client.query(sql, parameters && [...parameters])).rows);
  } finally {
    await client.end();
  }
}
