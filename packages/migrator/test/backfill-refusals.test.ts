import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { startPostgres } from "@thedata/dev-postgres";
import { discardBackfill, runNextBackfill } from "../src/commands/backfill.ts";
import { baseline } from "../src/commands/baseline.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { verify } from "../src/commands/verify.ts";
import { loadMigration } from "../src/history/load.ts";
import { discover } from "../src/history/folder.ts";
import { contextOf, folderOf, ledgerOf, openClient } from "./support.ts";

import {
  backfillSource,
  changes,
  fill,
  first,
  interruptAfterOne,
  project,
  refusalOf,
  toReport,
} from "./backfill-project.ts";

describe("a backfill that is begun", () => {
  it("that is begun holds back down, until it is discarded", async () => {
    const { context, dsn, folder, sql } = await project();
    await up(context, {});
    await interruptAfterOne(dsn, folder);
    expect(await down(context, {}).catch((error: Error) => error.message)).toContain("is begun");
    expect(await ledgerOf(sql)).toEqual([first]);
    expect((await discardBackfill(context, fill)).changed).toBeGreaterThan(0);
    expect(await sql("select action from mikro_orm_migrations_audit where action = 'discarded'")).toHaveLength(1);
    expect(await down(context, {})).toMatchObject({ outcome: "reverted" });
  });

  it("is refused where its statement has changed since it began", async () => {
    const { context, dsn, folder } = await project();
    await up(context, {});
    const other = await folderOf({
      [`${first}.ts`]: await readFile(path.join(folder, `${first}.ts`), "utf8"),
      [`${fill}.ts`]: backfillSource({ table: "t", set: "n = n + 2" }, "update t set n = n + 2"),
    });
    const report = await runNextBackfill(contextOf(dsn, other));
    expect(refusalOf(report)).toContain("its statement has changed");
    await expect(runNextBackfill(contextOf(dsn, folder))).resolves.toMatchObject({ outcome: "applied" });
  });

  it("is refused as one statement once it is begun, also where its declaration is gone", async () => {
    const { context, dsn, folder, sql } = await project();
    await up(context, {});
    await interruptAfterOne(dsn, folder);
    const plain = await folderOf({
      [`${first}.ts`]: await readFile(path.join(folder, `${first}.ts`), "utf8"),
      [`${fill}.ts`]: backfillSource({}, "update t set n = n + 1").replace(/ {2}readonly backfill.*\n/, ""),
    });
    for (const other of [contextOf(dsn, plain), contextOf(dsn, folder, { backfills: "whole" })])
      expect(await up(other, {}).then(refusalOf)).toMatch(/is begun|has changed/);
    await runNextBackfill(context);
    expect(await changes(sql)).toEqual({ 1: 20_000 });
  });

  it("that is renamed or removed once it is begun is missed, and not run anew", async () => {
    const { context, dsn, folder, sql } = await project();
    await up(context, {});
    await interruptAfterOne(dsn, folder);
    const text = await readFile(path.join(folder, `${fill}.ts`), "utf8");
    const renamed = await folderOf({
      [`${first}.ts`]: await readFile(path.join(folder, `${first}.ts`), "utf8"),
      "Migration20240101000150_other.ts": text.replace(fill, "Migration20240101000150_other"),
    });
    const other = contextOf(dsn, renamed);
    for (const report of [await up(other, {}).catch(toReport), await runNextBackfill(other).catch(toReport)])
      expect(report).toContain("there is no such migration any more");
    await runNextBackfill(context);
    expect(await changes(sql)).toEqual({ 1: 20_000 });
  });

  it("that baseline would pass over is refused there", async () => {
    const { context, dsn, folder } = await project();
    await up(context, {});
    await interruptAfterOne(dsn, folder);
    const options = { at: fill, shadow: { servers: [inject("postgresDsn")] } };
    await expect(baseline(context, options)).rejects.toThrow("is begun");
  });
});

describe("a backfill that cannot run", () => {
  it("is looked at as up looks, before its first batch", async () => {
    const { context, dsn, folder, sql } = await project();
    await up(context, {});
    const edited = await folderOf({
      [first]: { up: ["select 'edited'"], down: [] },
      [`${fill}.ts`]: await readFile(path.join(folder, `${fill}.ts`), "utf8"),
    });
    const report = await runNextBackfill(contextOf(dsn, edited));
    expect(report).toMatchObject({ outcome: "refused", problems: [{ code: "changed" }] });
    expect(await changes(sql)).toEqual({ 0: 20_000 });
  });

  it.each([
    ["set: id = id + 1", { table: "t", set: "n = 1, id = id + 1" }, "update t set n = 1, id = id + 1", "changes id"],
    [
      "from",
      { table: "t", set: "n = 1 from t o", where: "o.id = t.id" },
      "update t set n = 1 from t o where o.id = t.id",
      "ambiguous",
    ],
    [
      "returning",
      { table: "t", set: "n = 1", where: "true returning n" },
      "update t set n = 1 where true returning n",
      "syntax error",
    ],
  ])("is read in its batch form on a small table too: %s", async (_, declared, sql, message) => {
    const { context } = await project({ rows: 10, declared, sql });
    expect(await up(context, {}).then(refusalOf)).toContain(message);
    const { migrations } = await verify(context, { shadow: { servers: [inject("postgresDsn")] }, only: fill });
    expect(migrations[0]?.faults.map((fault) => fault.message).join()).toContain(message);
  });

  it("fails where a policy would hide rows from it", async () => {
    const { context, dsn, folder, sql } = await project();
    await up(context, {});
    const name = `filler_${Date.now()}`;
    await sql(`create role ${name} login password 'p' in role pg_monitor; grant all on schema public to ${name}`);
    await sql(
      `grant all on all tables in schema public to ${name}; grant all on all sequences in schema public to ${name}`,
    );
    await sql("alter table t enable row level security; create policy few on t using (id < 10)");
    const url = new URL(dsn);
    [url.username, url.password] = [name, "p"];
    const failed = await runNextBackfill(contextOf(url.href, folder)).then(refusalOf, (error: Error) => error.message);
    expect(failed).toContain("row-level security policy");
    expect(await changes(sql)).toEqual({ 0: 20_000 });
    await sql(`drop owned by ${name}; drop role ${name}`);
  });

  it.each([
    { create: "create table t (id int, n int not null default 0)", message: "no primary key of one column" },
    {
      create: "create table t (id int, n int not null default 0)",
      declared: { table: "t", set: "n = n + 1", key: "id" },
      message: "may be null",
    },
    {
      create: "create table t (id int not null, n int not null default 0)",
      declared: { table: "t", set: "n = n + 1", key: "id" },
      message: "first in no index",
    },
    { declared: { table: "t", set: "n = n + 1", key: "nope" }, message: "has no column nope" },
  ])("is refused: $message", async ({ message, ...given }) => {
    const { context, sql } = await project(given);
    const report = await up(context, {});
    expect(report.error?.message).toContain(message);
    expect(await changes(sql)).toEqual({ 0: 20_000 });
  });

  it("does not run blindly where standbys cannot be seen", async () => {
    // One that lets a standby in.
    const server = await startPostgres({ source: "embedded" });
    onTestFinished(async () => await server.stop());
    const { context, dsn, folder, sql } = await project({ server: server.dsn });
    await up(context, {});
    const name = `filler_${Date.now()}`;
    await sql(
      `create role ${name} login password 'p'; grant all on all tables in schema public to ${name}; grant all on all sequences in schema public to ${name}`,
    );
    const url = new URL(dsn);
    const standby = await openClient(`${dsn}${dsn.includes("?") ? "&" : "?"}replication=true`);
    [url.username, url.password] = [name, "p"];
    const error = await runNextBackfill(contextOf(url.href, folder)).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: "refused", message: expect.stringContaining("grant pg_monitor") });
    expect(await changes(sql)).toEqual({ 0: 20_000 });
    await sql(`grant pg_monitor to ${name}`);
    await standby.end();
    await runNextBackfill(contextOf(url.href, folder));
    expect(await changes(sql)).toEqual({ 1: 20_000 });
    await sql(`drop owned by ${name}; drop role ${name}`);
  });
});

describe("a declaration", () => {
  it.each([
    [{ table: "t", set: "n = 1" }, "update t set n = 2", "up() must add the backfill"],
    [{ table: "t", set: "n = 1", where: "n = 0" }, "update t set n = 1", "up() must add the backfill"],
    [{ table: "t", set: "n = 1" }, "update t set n = 1; drop table t", "up() must add the backfill"],
    [{ table: "t" }, "update t set n = 1", "backfill.set must be text"],
    [{ table: "t", set: "n = 1", wher: "x" }, "update t set n = 1", 'no option "wher"'],
    [{ table: "t", set: "n = 1", batch: 0 }, "update t set n = 1", "whole number"],
    [
      { table: "t", set: "n = 1", where: "true) or (true" },
      "update t set n = 1 where true) or (true",
      "one whole expression",
    ],
    [{ table: "t", set: "n = 1;" }, "update t set n = 1;", "one whole expression"],
  ])("%j beside %s is refused", async (declared, sql, message) => {
    const folder = await folderOf({ [`${fill}.ts`]: backfillSource(declared, sql) });
    const [file] = (await discover(folder)).files;
    await expect(loadMigration(file as never)).rejects.toThrow(message);
  });
});
