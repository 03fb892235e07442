import { describe, expect, it } from "vitest";
import { type TargetSource, readTargets } from "../src/targets/read-targets.ts";
import { databases, emptyDatabase, fleetOf, folderOf, items } from "./support.ts";

const rows = [
  { id: "one", dsn: "postgresql://app@h/one", schema: "t_1", wave: "canary", region: "eu" },
  { id: "two", dsn: "postgresql://app@h:6432/two", server: "pool-2", region: "us, west" },
];
const expected = [
  {
    id: "one",
    address: "postgresql://app@h/one",
    schema: "t_1",
    server: "h:5432",
    wave: "canary",
    labels: { region: "eu" },
  },
  {
    id: "two",
    address: "postgresql://app@h:6432/two",
    schema: null,
    server: "pool-2",
    wave: null,
    labels: { region: "us, west" },
  },
];
const csv =
  'id,dsn,schema,wave,server,region\none,postgresql://app@h/one,t_1,canary,,eu\n\ntwo,postgresql://app@h:6432/two,,,pool-2,"us, west"\n';

describe("a list of targets", () => {
  it("is the same from a CSV or JSON file, a command, a query, or a function", async () => {
    const json = JSON.stringify(rows);
    const files = { "a.csv": csv, "bom.csv": `\uFEFF${csv}`, "a.json": json, "bom.json": `\uFEFF${json}` };
    const folder = await folderOf(files);
    const { dsn, sql: ask } = await emptyDatabase();
    await ask("create table tenants (id text, dsn text, schema text, wave text, server text, region text)");
    await ask("insert into tenants select * from jsonb_populate_recordset(null::tenants, $1)", [json]);
    const sql = "select * from tenants order by id";
    const sources: TargetSource[] = [
      `${folder}/a.csv`,
      `${folder}/bom.csv`,
      `${folder}/a.json`,
      `${folder}/bom.json`,
      { command: `cat '${folder}/a.csv'` },
      { command: `cat '${folder}/a.json'` },
      { sql, dsn },
      { sql, dsn: async () => await Promise.resolve(dsn) },
      async () => await Promise.resolve(rows),
    ];
    for (const source of sources) expect(await readTargets(source)).toEqual({ targets: expected, faults: [] });
  });

  it("names a target by its database and schema where the list does not", async () => {
    const { targets } = await readTargets(() => [
      { dsn: "postgresql://a@h/d", schema: "s" },
      { dsn: "postgresql://a@h/d" },
    ]);
    expect(targets.map(({ id }) => id)).toEqual(["d/s", "d"]);
  });

  it("is asked for by a query that changes nothing", async () => {
    const { dsn, sql } = await emptyDatabase();
    await sql("create table tenants as select 'one' as id, 'postgresql://a@h/one' as dsn");
    await expect(readTargets({ sql: "delete from tenants returning *", dsn })).rejects.toMatchObject({
      code: "configuration",
      message: expect.stringMatching(/^The query of the targets fails: .*read-only/),
    });
    expect(await sql("select id from tenants")).toEqual([{ id: "one" }]);
  });

  it.each([
    [
      "a command that fails, whose output may be a secret",
      { command: "echo s3cret; exit 3" },
      /ended with exit code 3$/,
    ],
    ["an object", { command: "echo '{}'" }, /it is not a list of objects/],
    ["rows of different lengths", { command: String.raw`printf 'id,dsn\na\n'` }, /Invalid Record Length/],
    ["JSON that is none", { command: "echo '[{]'" }, /The command of the targets fails: .*JSON/],
    ["a query that fails", { sql: "select * from nowhere", dsn: "" }, /The query .* relation "nowhere" does not exist/],
  ])("says what is wrong with %s", async (_, source, message) => {
    const given = "sql" in source ? { ...source, dsn: (await emptyDatabase()).dsn } : source;
    const reading = readTargets(given);
    await expect(reading).rejects.toMatchObject({ code: "configuration", message: expect.stringMatching(message) });
    await expect(reading).rejects.not.toThrow(/s3cret/);
  });

  it("may be empty by mistake, which is a fault", async () => {
    expect((await readTargets(() => [])).faults).toEqual([{ target: null, message: "The list of targets is empty" }]);
  });

  it("from a query is what a run is about", async () => {
    const [first, second] = await databases(2);
    const { dsn, sql } = await emptyDatabase();
    await sql("create table tenants as select unnest($1::text[]) as dsn, 7 as number", [[first?.dsn, second?.dsn]]);
    const targets = { sql: "select dsn, number from tenants", dsn };
    const fleet = await fleetOf([], await folderOf({ "1_items.sql": items }), { targets });
    expect(await fleet.run()).toMatchObject({ state: "done", counts: { applied: 2 } });
    expect((await fleet.targets())[0]?.labels).toEqual({ number: "7" });
    await fleet.close();
  });
});
