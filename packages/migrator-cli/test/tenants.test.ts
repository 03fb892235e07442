import { describe, expect, it } from "vitest";
import { emptyDatabase, folderOf, run, runJson } from "./support.ts";

const files = {
  "migrator.config.js": `export default { migrations: "migrations" };\n`,
  "migrations/1_countries.sql":
    "-- @shared\n-- migrate:up\ncreate table countries (code text primary key);\n-- migrate:down\ndrop table countries;\n",
  "migrations/2_items.sql":
    "-- migrate:up\ncreate table items (country text references countries);\n-- migrate:down\ndrop table items;\n",
};

async function tenants() {
  const { dsn, sql } = await emptyDatabase();
  await sql("create schema one; create schema two");
  const options = { cwd: await folderOf(files), env: { DATABASE_URL: dsn } };
  const tables = async () =>
    (
      await sql<{ name: string }>(
        "select schemaname || '.' || tablename as name from pg_tables where tablename in ('countries', 'items') order by 1",
      )
    ).map(({ name }) => name);
  return {
    sql,
    tables,
    cli: async (...words: string[]) => await run(words, options),
    json: async (...words: string[]) => await runJson(words, options),
  };
}

describe("--schema and --shared", () => {
  it("are a tenant's part and what all share, for every command that looks at a ledger", async () => {
    const { cli, json, tables } = await tenants();
    expect(await cli("status", "--schema", "one", "--exit-code")).toMatchObject({ code: 6 });
    expect(await cli("wait", "--schema", "one", "--timeout", "1")).toMatchObject({ code: 6 });
    const first = await json("up", "--schema", "one");
    expect([first.code, first.document]).toMatchObject([0, { steps: [{ name: "1_countries" }, { name: "2_items" }] }]);
    const second = await json("up", "--schema", "two");
    expect([second.code, second.document]).toMatchObject([0, { steps: [{ name: "2_items" }] }]);
    expect(await tables()).toEqual(["one.items", "public.countries", "two.items"]);
    expect(await cli("up", "--schema", "one")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Nothing to do"),
    });
    expect(await cli("wait", "--schema", "two", "--timeout", "1")).toMatchObject({ code: 0 });
    expect(await cli("status", "--shared", "--exit-code")).toMatchObject({ code: 0 });
    expect((await cli("history", "--schema", "one")).stdout).toMatch(/2_items/);
    expect((await cli("history", "--schema", "one")).stdout).not.toMatch(/1_countries/);
    expect((await cli("sql", "--schema", "one")).stdout).toMatch(/create table items/);
    expect(await cli("down", "--schema", "one")).toMatchObject({ code: 0 });
    expect(await tables()).toEqual(["public.countries", "two.items"]);
  });

  it("adopt tenants that are there already", async () => {
    const { cli, sql, tables } = await tenants();
    await sql("create table countries (code text primary key)");
    for (const schema of ["one", "two"]) await sql(`create table ${schema}.items (country text references countries)`);
    const before = await tables();
    expect(await cli("baseline", "--shared", "--at", "1_countries")).toMatchObject({ code: 0 });
    for (const schema of ["one", "two"]) {
      expect(await cli("baseline", "--schema", schema, "--at", "2_items")).toMatchObject({ code: 0, stderr: "" });
      expect(await cli("status", "--schema", schema, "--exit-code")).toMatchObject({ code: 0 });
    }
    expect(await tables()).toEqual(before);
  });

  it.each([
    ["both at once", ["up", "--schema", "one", "--shared"], 2, /'--schema <S>' cannot be used with option '--shared'/],
    ["a schema that is not there", ["up", "--schema", "three"], 2, /The schema "three" does not exist in/],
    ["one that cannot be a tenant's", ["up", "--schema", "public"], 2, /"public" cannot be a tenant's schema/],
    ["a command that looks at all", ["verify", "--schema", "one"], 2, /unknown option '--schema'/],
  ])("refuse %s", async (_, words, code, message) => {
    const { cli, tables } = await tenants();
    expect(await cli(...words)).toMatchObject({ code, stderr: expect.stringMatching(message) });
    expect(await tables()).toEqual([]);
  });

  it("are asked for where a database has tenants", async () => {
    const { cli, tables } = await tenants();
    await cli("up", "--schema", "one");
    expect(await cli("up")).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/give --schema S for one of them/),
    });
    expect(await tables()).toEqual(["one.items", "public.countries"]);
  });
});
