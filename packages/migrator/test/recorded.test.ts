import { expect, it } from "vitest";
import { connect, type Query } from "../src/postgres/connection.ts";
import { readRecorded } from "../src/ledger/ledger.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { readStatus } from "../src/commands/status.ts";
import { contextOf, emptyDatabase, folderOf, migrationSource, addFiles, temporaryFolder } from "./support.ts";
import { defaultLedger } from "../src/ledger/tables.ts";

/** Two migrations that are applied, and the rows that come for a question about the ledger. */
async function applied() {
  const { dsn, sql } = await emptyDatabase();
  const folder = await folderOf({ M1: { up: ["select 1"] }, M2: { up: ["select 2"], down: ["select 3"] } });
  await up(contextOf(dsn, folder));
  const recorded = await sql<{ name: string; checksum: string }>(
    "select name, checksum from mikro_orm_migrations order by id",
  );
  const ask = async (expected: readonly { name: string; checksum: string | null }[]) => {
    const connection = await connect(dsn, "test");
    const answers: unknown[][] = [];
    const query: Query = async (text, parameters) => {
      const rows = await connection.query(text, parameters);
      answers.push(rows);
      return rows as never;
    };
    const found = await readRecorded(query, expected, defaultLedger);
    await connection.close();
    return { found, answers };
  };
  return { dsn, sql, folder, recorded, ask };
}

it("sends no row of a ledger that is as expected", async () => {
  const { recorded, ask } = await applied();
  const { found, answers } = await ask(recorded);
  expect(found).toBe(recorded);
  expect(answers).toEqual([[{ id: null, name: null, checksum: null }]]);
});

it("compares a long ledger by its digest", async () => {
  const { sql, ask } = await applied();
  await sql(
    "insert into mikro_orm_migrations (name, checksum) select 'ä' || i, repeat('c', 64) from generate_series(1, 500) i",
  );
  const recorded = await sql<{ name: string; checksum: string }>(
    "select name, checksum from mikro_orm_migrations order by id",
  );
  expect((await ask(recorded)).found).toBe(recorded);
  await sql("update mikro_orm_migrations set checksum = 'd' where name = 'ä250'");
  expect((await ask(recorded)).found).toHaveLength(502);
});

it.each([
  ["has one more", "insert into mikro_orm_migrations (name, checksum) values ('M3', 'c')"],
  ["has one less", "delete from mikro_orm_migrations where name = 'M1'"],
  ["has another checksum", "update mikro_orm_migrations set checksum = 'c' where name = 'M1'"],
  ["has no checksum", "update mikro_orm_migrations set checksum = null where name = 'M1'"],
  ["has another order", "update mikro_orm_migrations set id = 100 where name = 'M1'"],
  ["has a name with its ending", "update mikro_orm_migrations set name = 'M1.ts' where name = 'M1'"],
  [
    "has two rows in one",
    "delete from mikro_orm_migrations where name = 'M2'; update mikro_orm_migrations m set checksum = m.checksum || ',M2:c'",
  ],
  ["is empty", "truncate mikro_orm_migrations"],
  ["is the stock migrator's", "alter table mikro_orm_migrations drop checksum"],
  ["is not there", "drop table mikro_orm_migrations"],
])("sends what there is of a ledger that %s", async (_, change) => {
  const { sql, recorded, ask } = await applied();
  await sql(change);
  const { found } = await ask(recorded);
  const there = await sql<{ name: string; checksum?: string | null }>(
    "select * from mikro_orm_migrations order by id",
  ).catch(() => []);
  expect(found.map(({ name, checksum }) => ({ name, checksum }))).toEqual(
    there.map(({ name, checksum = null }) => ({ name: name.replace(".ts", ""), checksum })),
  );
});

it("finds edits, on both sides, with and without what an earlier run has kept", async () => {
  const { dsn, sql, folder } = await applied();
  const cache = await temporaryFolder();
  const context = () => contextOf(dsn, folder, { cache });
  for (let run = 1; run <= 2; run++) {
    expect((await up(context())).outcome).toBe("nothing");
    expect((await readStatus(context())).state).toBe("current");
  }
  await sql("update mikro_orm_migrations set checksum = 'c' where name = 'M1'");
  expect((await up(context())).problems).toMatchObject([{ code: "changed", migration: "M1" }]);
  await sql("delete from mikro_orm_migrations where name = 'M1'");
  expect((await up(context())).problems).toMatchObject([{ code: "out-of-order", migration: "M1" }]);
  await addFiles(folder, { "M2.ts": migrationSource("M2", { up: ["select 4"], down: ["select 3"] }) });
  expect((await down(context())).problems).toMatchObject([{ code: "changed", migration: "M2" }]);
  expect((await readStatus(context())).state).toBe("diverged");
});
