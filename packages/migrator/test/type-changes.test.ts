import { createDatabase, dropDatabase } from "@thedata/dev-postgres";
import { Client, type DatabaseError } from "pg";
import { beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { type Catalog, findDrift, readCatalogInTransaction } from "@thedata/catalog";
import { isAssigned } from "@thedata/catalog/sql";
import type { Query } from "../src/postgres/connection.ts";
import { scopeOf } from "../src/ledger/catalog-scope.ts";
import { defaultLedger } from "../src/ledger/tables.ts";

/** A value that is there when the type changes; `kept`, `lost` without a word if nobody looked, or `refused` by PostgreSQL. */
type Case = readonly [from: string, to: string, value: string, outcome: "kept" | "lost" | "refused"];

const cases: readonly Case[] = [
  ["varchar(255)", "varchar(5)", "'short'", "kept"],
  ["varchar(255)", "varchar(5)", "'longer'", "refused"],
  ["text", "varchar(5)", "'longer'", "refused"],
  ["text", "char(5)", "'longer'", "refused"],
  ["varchar(5)", "text", "'short'", "kept"],
  ["integer", "varchar(2)", "123", "refused"],
  ["integer", "text", "123", "kept"],
  ["bit(8)", "bit(4)", "b'10101010'", "refused"],
  ["varbit(8)", "varbit(4)", "b'10101010'", "refused"],
  ["text[]", "varchar(5)[]", "'{short,longer}'", "refused"],
  ["integer[]", "text[]", "'{1,2}'", "kept"],
  ["text[]", "text", "'{a}'", "kept"],
  ["bigint", "integer", "3000000000", "refused"],
  ["bigint", "integer", "3", "kept"],
  ["integer", "numeric(3,1)", "99", "kept"],
  ["integer", "numeric(3,1)", "100", "refused"],
  ["numeric(12,4)", "numeric(12,2)", "1.25", "kept"],
  ["numeric(12,4)", "numeric(12,2)", "1.255", "lost"],
  ["numeric(12,4)[]", "numeric(12,2)[]", "'{1.25,1.255}'", "lost"],
  ["numeric", "numeric(12,2)", "1.255", "lost"],
  ["numeric(12,2)", "numeric", "1.25", "kept"],
  ["numeric(12,2)", "integer", "7", "kept"],
  ["numeric(12,2)", "integer", "7.5", "lost"],
  ["numeric(9,0)", "integer", "7", "kept"],
  ["double precision", "integer", "1e3", "kept"],
  ["double precision", "integer", "1.5", "lost"],
  ["double precision", "real", "0.1", "kept"],
  ["double precision", "real", "0.123456789012", "lost"],
  ["real", "double precision", "0.1", "kept"],
  ["bigint", "double precision", "9007199254740992", "kept"],
  ["bigint", "double precision", "9007199254740993", "lost"],
  ["integer", "real", "16777216", "kept"],
  ["integer", "real", "16777217", "lost"],
  ["numeric(20,2)", "double precision", "0.10", "kept"],
  ["numeric(30,15)", "double precision", "12345678901.123456789012345", "lost"],
  ["timestamptz", "timestamptz(0)", "'2020-01-01 10:00:00Z'", "kept"],
  ["timestamptz", "timestamptz(0)", "'2020-01-01 10:00:00.5Z'", "lost"],
  ["timestamptz(0)", "timestamptz(3)", "'2020-01-01 10:00:00Z'", "kept"],
  ["timestamptz", "timestamp", "'2020-01-01 10:00:00Z'", "kept"],
  ["timestamp", "timestamptz", "'2020-01-01 10:00:00'", "kept"],
  ["timestamp", "date", "'2020-01-01 00:00:00'", "kept"],
  ["timestamp", "date", "'2020-01-01 10:00:00'", "lost"],
  ["timestamptz", "date", "'2020-01-01 10:00:00Z'", "lost"],
  ["timestamptz", "time", "'2020-01-01 10:00:00Z'", "lost"],
  ["date", "timestamptz", "'2020-01-01'", "kept"],
  ["time", "time(0)", "'10:00:00.5'", "lost"],
  ["time", "interval", "'10:00:00'", "kept"],
  ["interval", "time", "'1 day 10:00:00'", "lost"],
  ["interval", "interval(0)", "'1.5 seconds'", "lost"],
  ["inet", "cidr", "'10.0.0.0/8'", "kept"],
  ["inet", "cidr", "'10.1.2.3/8'", "lost"],
  ["cidr", "inet", "'10.0.0.0/8'", "kept"],
  ["json", "jsonb", `'{"a": 1}'`, "kept"],
  ["jsonb", "json", `'{"a": 1}'`, "kept"],
  ["boolean", "integer", "true", "kept"],
  ["integer", "boolean", "1", "kept"],
  ["integer", "boolean", "5", "lost"],
  ["text", "integer", "'42'", "kept"],
  ["text", "integer", "'042'", "lost"],
  ["text", "integer", "'x'", "refused"],
  ["text", "numeric(10,2)", "'1.5'", "kept"],
  ["text", "numeric(10,2)", "'1.555'", "lost"],
  ["text", "double precision", "'1.50'", "kept"],
  ["text", "boolean", "'yes'", "kept"],
  ["text", "uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "kept"],
  ["text", "jsonb", `'{"a":  1}'`, "kept"],
  ["text", "date", "'2020-01-01'", "kept"],
  ["text", "date", "'2020-01-01 10:00'", "lost"],
  ["text", "timestamp", "'2020-01-01 10:00'", "kept"],
  ["text", "timestamp", "'2020-01-01 10:00+05'", "lost"],
  ["text", "timestamptz", "'2020-01-01 10:00+05'", "kept"],
  ["text", "timestamptz(0)", "'2020-01-01 10:00:00.5+05'", "lost"],
  ["text", "time(0)", "'10:00:00.5'", "lost"],
  ["text[]", "integer[]", "'{1,2}'", "kept"],
  ["text", "mood", "'glad'", "kept"],
  ["text", "mood", "'sad'", "refused"],
  ["mood", "text", "'glad'", "kept"],
  ["text", "word", "'short'", "kept"],
  ["text", "word", "'longer'", "lost"],
  ["word", "text", "'short'", "kept"],
  ["uuid", "text", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "kept"],
];

let client: Client;
const sql: Query = async (text, values) => (await client.query(text, values?.slice())).rows as never;

beforeAll(async () => {
  const server = inject("postgresDsn");
  const dsn = await createDatabase(server);
  client = new Client(dsn);
  await client.connect();
  await sql("create type mood as enum ('glad'); create domain word as varchar(5)");
  return async () => {
    await client.end();
    await dropDatabase(server, dsn);
  };
});

beforeEach(async () => {
  await sql("begin");
  return async () => void (await sql("rollback"));
});

const catalogOf = async (type: string) => {
  await sql(`create table things (value ${type})`);
  return await readCatalogInTransaction(sql, scopeOf(defaultLedger));
};
const typeIn = (catalog: Catalog) => String(catalog.find(({ kind }) => kind === "column")?.properties["type"]);

describe("a column's type changes", () => {
  it.each(cases)("from %s to %s: %s is %s", async (from, to, value, outcome) => {
    const expected = await catalogOf(to);
    await sql("drop table things");
    const found = await catalogOf(from);
    await sql(`insert into things values (${value})`);
    const statements = findDrift(expected, found).flatMap((drift) => drift.statements);
    expect(await run(statements)).toBe(outcome);
    const [row] = await sql(`select value::text = (${value})::${from}::text as same from things`);
    expect(row).toEqual(outcome === "kept" ? row : { same: true });
  });

  it.each([...new Set(cases.map(([from, to]) => `${from} > ${to}`))])(
    "with a cast of ours only where PostgreSQL has none: %s",
    async (pair) => {
      const [from = "", to = ""] = pair.split(" > ");
      const after = typeIn(await catalogOf(to));
      await sql("drop table things");
      const before = typeIn(await catalogOf(from));
      const alone = (await run([`alter table things alter value type ${to}`])) === "kept";
      // Of a type of the project's own the engine knows nothing beforehand: a cast is right there too.
      const known = !/mood|word/.test(pair) || isAssigned(before, after);
      expect(isAssigned(before, after)).toBe(known ? alone : false);
    },
  );
});

/** Runs statements; what fails is taken back. */
async function run(statements: readonly string[]): Promise<string> {
  await sql("savepoint here");
  try {
    for (const statement of statements) await sql(statement);
    return "kept";
  } catch (error) {
    await sql("rollback to savepoint here");
    const { code, message } = error as DatabaseError;
    if (code !== "22000") return "refused";
    return /^rows of things whose value .+ would cut or round: 1\. Change them first/.test(message) ? "lost" : message;
  }
}
