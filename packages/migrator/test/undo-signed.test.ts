import { describe, expect, it } from "vitest";
import { repair } from "../src/commands/repair.ts";
import { renderScript } from "../src/commands/sql.ts";
import { up } from "../src/commands/up-and-down.ts";
import { signUndo } from "../src/ledger/undo-digest.ts";
import { contextOf, emptyDatabase, folderOf, type Sql } from "./support.ts";
import { dump, key, known, newer, readPlace, rewrite, start, tryDown } from "./undo-project.ts";

const ledger = "mikro_orm_migrations";
const signature = `select undo_signature as signature from ${ledger} where name = 'M4_d'`;

/** Signs the newest undo as another server, database or key would have. */
const resign = async (sql: Sql, as: { key?: string; system?: string; database?: string }) => {
  const [row] = await sql<{ digest: string }>(`select undo_digest as digest from ${ledger} where name = 'M4_d'`);
  const { key: own = key, ...place } = as;
  const signed = signUndo(row?.digest ?? "", { key: own, place: { ...(await readPlace(sql)), ...place } });
  await sql(`update ${ledger} set undo_signature = $1 where name = 'M4_d'`, [signed]);
};

describe("with a key, an old image", () => {
  it("reverts what was signed with it, and does not call it unsigned", async () => {
    const { past } = await start(newer, { undoKey: key });
    expect((await tryDown(past, { to: "M2_b" })).outcome).toBe("reverted");
    expect(past.events.map(({ type }) => type)).not.toContain("unsigned");
  });

  it.each([
    {
      what: "an undo without a signature",
      spoil: async (sql: Sql) => await sql(`update ${ledger} set undo_signature = null where name = 'M4_d'`),
      message: /M4_d.*has no signature, and a key is configured.*migrator repair M4_d/,
    },
    {
      what: "another key's signature",
      spoil: async (sql: Sql) => await resign(sql, { key: "x".repeat(32) }),
      message: /M4_d.*signature of another key, database or server/,
    },
    {
      what: "another database's signature",
      spoil: async (sql: Sql) => await resign(sql, { database: "other" }),
      message: /M4_d.*signature of another key, database or server/,
    },
    {
      what: "another server's signature",
      spoil: async (sql: Sql) => await resign(sql, { system: "1" }),
      message: /M4_d.*signature of another key, database or server/,
    },
    {
      what: "an undo whose digests were made to fit",
      spoil: async (sql: Sql) => await rewrite(sql, "M4_d", ["drop table a cascade"]),
      message: /M4_d.*signature of another key, database or server, or was changed/,
    },
    {
      what: "the signature of another migration",
      spoil: async (sql: Sql) =>
        await sql(`update ${ledger} set undo_signature = (select undo_signature from ${ledger} where name = 'M3_c')
                    where name = 'M4_d'`),
      message: /M4_d.*signature of another key/,
    },
  ])("refuses $what", async ({ spoil, message }) => {
    const { dsn, sql, past } = await start(newer, { undoKey: key });
    await spoil(sql);
    const before = await dump(dsn, sql);
    const refused = await tryDown(past, { to: "M2_b" });
    expect(refused.message).toMatch(message);
    expect(refused).toMatchObject({ outcome: "refused", codes: ["untrusted-undo"] });
    expect(await dump(dsn, sql)).toEqual(before);
  });

  it("accepts a signature that fits, so that the cases above refuse what they name", async () => {
    const { sql, past } = await start(newer, { undoKey: key });
    await resign(sql, {});
    expect((await tryDown(past, { to: "M2_b" })).outcome).toBe("reverted");
  });

  it("refuses what was applied without one, and repair by the newer image signs it", async () => {
    const { dsn, sql } = await start();
    const future = contextOf(dsn, await folderOf({ ...known, ...newer }), { undoKey: () => key });
    const past = contextOf(dsn, await folderOf(known), { undoKey: () => key });
    expect((await tryDown(past, { to: "M2_b" })).codes).toEqual(["untrusted-undo", "untrusted-undo"]);
    expect(await repair(future, ["M3", "M4"])).toEqual([
      { name: "M3_c", accepted: "undo" },
      { name: "M4_d", accepted: "undo" },
    ]);
    expect(await sql(signature)).toEqual([{ signature: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    expect((await tryDown(past, { to: "M2_b" })).outcome).toBe("reverted");
  });

  it("that is too short neither applies nor reverts anything", async () => {
    const { dsn, sql } = await emptyDatabase();
    const context = contextOf(dsn, await folderOf(known), { undoKey: "short" });
    await expect(up(context)).rejects.toMatchObject({ code: "configuration", message: /32 characters or more/ });
    expect(await sql("select to_regclass('a') as a")).toEqual([{ a: null }]);
  });
});

it("without a key, signatures are not looked at", async () => {
  const { dsn, sql } = await start(newer, { undoKey: key });
  await sql(`update ${ledger} set undo_signature = 'x'`);
  expect((await tryDown(contextOf(dsn, await folderOf(known)), { to: "M2_b" })).outcome).toBe("reverted");
});

describe("repair by the newer image", () => {
  it("stores a corrected undo, which an old image then runs", async () => {
    const { dsn, sql } = await start({ ...newer, M4_d: { ...newer.M4_d, down: ["this is no SQL"] } });
    const corrected = contextOf(dsn, await folderOf({ ...known, ...newer }));
    expect(await repair(corrected, ["M4_d"])).toEqual([{ name: "M4_d", accepted: "changed" }]);
    const past = contextOf(dsn, await folderOf(known));
    expect((await tryDown(past, { to: "M2_b" })).outcome).toBe("reverted");
    expect(await sql("select to_regclass('d') as d")).toEqual([{ d: null }]);
  });

  it.each([
    ["was edited", `update ${ledger} set undo = '["drop table a"]' where name = 'M4_d'`],
    ["has no digest", `update ${ledger} set undo_digest = null where name = 'M4_d'`],
    ["is of a release without digests", `update ${ledger} set undo_digest = null, undo_position = null`],
    ["was never stored", `update ${ledger} set undo = null, undo_digest = null, undo_position = null, checksum = null`],
  ])("stores it anew where the one in the ledger %s", async (_, statement) => {
    const { sql, past, future } = await start();
    await sql(statement);
    expect((await tryDown(past, { to: "M2_b" })).outcome).toBe("refused");
    await repair(future, statement.includes("where") ? ["M4_d"] : ["M4_d", "M3_c", "M2_b", "M1_a"]);
    expect((await tryDown(past, { to: "M2_b" })).outcome).toBe("reverted");
  });

  it("finds nothing to do where all agrees", async () => {
    const { future } = await start();
    await expect(repair(future, ["M4_d"])).rejects.toThrow("M4_d is neither edited, missing nor half done");
  });

  it("keeps the positions in order where a row between them was forgotten", async () => {
    const { dsn, sql, past } = await start({ ...newer, M5: { up: ["select 1"], down: ["select 1"] } });
    const without = contextOf(dsn, await folderOf({ ...known, M4_d: newer.M4_d }));
    await repair(without, ["M3_c"]);
    await sql(`update ${ledger} set undo_position = null, undo_digest = null where name = 'M4_d'`);
    await repair(without, ["M4_d"]);
    expect((await tryDown(past, { to: "M2_b" })).outcome).toBe("reverted");
  });
});

it("a script stores the digests of a run, and an old image reverts what psql applied", async () => {
  const digests = `select name, undo, undo_position, undo_digest from ${ledger} order by id`;
  const { sql: direct } = await start();
  const { sql, dsn } = await emptyDatabase();
  await sql(await renderScript(contextOf(dsn, await folderOf({ ...known, ...newer }))));
  await sql("select pg_advisory_unlock_all()");
  expect(await sql(digests)).toEqual(await direct(digests));
  expect((await tryDown(contextOf(dsn, await folderOf(known)), { to: "M2_b" })).outcome).toBe("reverted");
});
