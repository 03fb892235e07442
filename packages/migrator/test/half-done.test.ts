import { describe, expect, it } from "vitest";
import { down, up } from "../src/commands/up-and-down.ts";
import { splitCommands } from "@thedata/catalog/sql";
import { readStatus } from "../src/commands/status.ts";
import { repair } from "../src/commands/repair.ts";
import { renderScript } from "../src/commands/sql.ts";
import { count, cut, outside, sleep, start, undo } from "./half-done-steps.ts";
import { ledgerOf, type Sql, until } from "./support.ts";

describe("a step outside a transaction that was cut off", () => {
  it("is seen by status, history, up and down in its down too, and only down goes on", async () => {
    const { context, sql, n, rewrite } = await start({ ...outside, up: [count], down: [undo, undo, sleep, undo] });
    expect((await up(context)).outcome).toBe("applied");
    const run = down(context);
    await cut(sql, run);
    expect(await run).toMatchObject({ outcome: "failed", error: { code: "failed", migration: "M2" } });
    expect(await readStatus(context)).toMatchObject({
      state: "half-done",
      halfDone: { migration: "M2", direction: "down", done: 2, attempted: null, total: 4 },
      problems: [{ code: "half-done", migration: "M2" }],
    });
    for (const refused of [await up(context), await down(context, { all: true, dryRun: true })].slice(0, 1))
      expect(refused).toMatchObject({ outcome: "refused", problems: [{ code: "half-done" }] });
    expect(await ledgerOf(sql)).toEqual(["M1", "M2"]);
    await rewrite({ ...outside, up: [count], down: [undo, undo, undo] });
    expect((await down(context)).outcome).toBe("reverted");
    expect(await n()).toBe(-2);
    expect(await ledgerOf(sql)).toEqual(["M1"]);
    expect(await readStatus(context)).toMatchObject({ state: "behind", halfDone: null });
  });

  it("counts what is unchanged as done when what failed was corrected", async () => {
    const { context, n, rewrite } = await start({ ...outside, up: [count, "select 1/0"], down: [undo] });
    expect(await up(context)).toMatchObject({ outcome: "failed", error: { number: 2 } });
    expect((await readStatus(context)).state).toBe("half-done");
    await rewrite({ ...outside, up: [count, count, count], down: [undo] });
    expect((await up(context)).outcome).toBe("applied");
    expect(await n()).toBe(3);
  });

  it("is refused, with what is done, when a statement that was run is another one now", async () => {
    const { context, n, rewrite } = await start({ ...outside, up: [count, "select 1/0"] });
    await up(context);
    await rewrite({ ...outside, up: ["update counts set n = n + 100", "select 1"] });
    const report = await up(context);
    expect(report).toMatchObject({ outcome: "refused", problems: [{ code: "half-done", migration: "M2" }] });
    expect(report.problems[0]?.message).toMatch(
      /after statement 1 of 2 \(update counts set n = n \+ 1\).*statement 1 was run and has been changed since/s,
    );
    expect(await n()).toBe(1);
  });

  it("is refused when it has become transactional, which would run all of it again", async () => {
    const { context, n, rewrite } = await start({ ...outside, up: [count, "select 1/0"] });
    await up(context);
    await rewrite({ up: [count, "select 1"] });
    expect(await up(context)).toMatchObject({ outcome: "refused", problems: [{ code: "half-done" }] });
    expect(await n()).toBe(1);
  });

  it("goes on with what its statements had set for the session", async () => {
    const settings = ["create schema tenant", "create table tenant.counts (n int)", "set search_path to tenant"];
    const { context, sql, rewrite } = await start({ ...outside, up: [...settings, "select 1/0"] });
    await up(context);
    await rewrite({ ...outside, up: [...settings, "insert into counts values (1)"] });
    expect((await up(context)).outcome).toBe("applied");
    expect(await sql("select n from tenant.counts")).toEqual([{ n: 1 }]);
  });

  it.each(["create temporary table passing (n int)", "select set_config('search_path', 'pg_catalog', false)"])(
    "does not go on without what ended with its session: %s",
    async (passing) => {
      const { context, n, rewrite } = await start({ ...outside, up: [passing, "select 1/0"] });
      await up(context);
      await rewrite({ ...outside, up: [passing, "update public.counts set n = n + 1"] });
      const report = await up(context);
      expect(report).toMatchObject({ outcome: "refused", problems: [{ code: "half-done" }] });
      expect(report.problems[0]?.message).toMatch(/statement 1 made something .* that ended with its session/);
      expect(await n()).toBe(0);
    },
  );

  it("is never crossed in the other direction, which would forget what it has done", async () => {
    const { context, sql, n, rewrite } = await start({ ...outside, up: [count, sleep, count], down: [undo, undo] });
    const run = up(context);
    await cut(sql, run);
    for (const options of [{}, { all: true }, { steps: 1 }])
      expect(await down(context, options)).toMatchObject({ outcome: "refused", problems: [{ code: "half-done" }] });
    expect(await up(context, { to: "M1" })).toMatchObject({ outcome: "refused", problems: [{ code: "half-done" }] });
    await rewrite({ ...outside, up: [count, "select 1", count], down: [undo, undo] });
    expect((await up(context)).outcome).toBe("applied");
    expect(await n()).toBe(2);
    expect((await down(context)).outcome).toBe("reverted");
    expect(await n()).toBe(0);
    expect((await up(context)).outcome).toBe("applied");
    expect(await n()).toBe(2);
  });

  it("does not run computed code a second time", async () => {
    const code = `await this.execute("${count}"); await this.execute("${sleep}");`;
    const { context, sql, n } = await start({ ...outside, code });
    const run = up(context);
    await cut(sql, run);
    expect((await readStatus(context)).halfDone).toMatchObject({ migration: "M2", attempted: 0 });
    const report = await up(context);
    expect(report).toMatchObject({ outcome: "refused", problems: [{ code: "half-done" }] });
    expect(await n()).toBe(1);
    await repair(context, ["M2"], { as: "applied" });
    expect(await readStatus(context)).toMatchObject({ state: "current", halfDone: null });
  });

  it("takes a first statement of computed code that fails for half done where it may have committed a part", async () => {
    const { context, n } = await start({ ...outside, code: `await this.execute("${count}; commit; select 1/0");` });
    expect((await up(context)).outcome).toBe("failed");
    expect(await readStatus(context)).toMatchObject({ state: "half-done", halfDone: { migration: "M2" } });
    expect((await up(context)).outcome).toBe("refused");
    expect(await n()).toBe(1);
  });

  it("says which lock computed code did not get, and does not run it again", async () => {
    const code = `await this.execute("select 1");`;
    const { context, connect } = await start({ ...outside, code, up: ["alter table counts add m int"] });
    const holder = await connect();
    await holder.query("begin; select from counts");
    expect(await up({ ...context, lockTimeoutMs: 100, lockBudgetMs: 10_000 })).toMatchObject({
      outcome: "failed",
      error: { sqlState: "55P03" },
    });
  });

  it("leaves nothing half done when computed code fails at its first statement", async () => {
    const { context } = await start({ ...outside, code: 'await this.execute("select 1/0");' });
    expect((await up(context)).outcome).toBe("failed");
    expect(await readStatus(context)).toMatchObject({ state: "behind", halfDone: null });
  });

  it("is not run again where a block that commits by itself was cut off or failed", async () => {
    const block = "do $$ begin update counts set n = n + 1; commit; perform 1/0; end $$";
    const { context, n } = await start({ ...outside, up: [block] });
    expect((await up(context)).outcome).toBe("failed");
    expect(await n()).toBe(1);
    expect((await up(context)).outcome).toBe("refused");
    expect(await n()).toBe(1);
    await repair(context, ["M2"], { as: 0 });
    expect(await readStatus(context)).toMatchObject({ state: "behind", halfDone: null });
  });

  it("looks at the catalog where the end of building an index is unknown", async () => {
    const { context, sql, connect } = await start({
      ...outside,
      up: [count, "create index concurrently i on counts (n)"],
    });
    const holder = await connect();
    await holder.query("begin isolation level repeatable read; select from counts");
    const run = up(context, {});
    await until(async () => context.events.some(({ type }) => type === "started"));
    await until(async () => (await sql("select from mikro_orm_migrations_progress where state = 'attempted'")).length);
    await cut(sql, run, "virtualxid").catch(() => {});
    await holder.query("rollback");
    expect(await readStatus(context)).toMatchObject({ state: "half-done", halfDone: { done: 1, attempted: 2 } });
    expect((await up(context)).outcome).toBe("applied");
    expect(await sql("select indisvalid from pg_index where indexrelid = 'i'::regclass")).toEqual([
      { indisvalid: true },
    ]);
  });

  it.each(["up", "down"] as const)(
    "stays half done where a cancelled %s leaves an invalid index",
    async (direction) => {
      const steps = {
        ...outside,
        up: ["create index concurrently i on counts (n)"],
        down: ["drop index concurrently i"],
      };
      const { context, sql, connect, rewrite } = await start(steps);
      const run = direction === "up" ? up : down;
      if (direction === "down") await up(context);
      const holder = await connect();
      await holder.query("begin; lock table counts in row exclusive mode");
      const interrupt = new AbortController();
      const running = run({ ...context, signal: interrupt.signal });
      await until(
        async () => (await sql("select from pg_index where indexrelid = to_regclass('i') and not indisvalid")).length,
      );
      interrupt.abort();
      expect(await running).toMatchObject({ error: { code: "interrupted" } });
      await holder.query("rollback");
      expect(await readStatus(context)).toMatchObject({
        state: "half-done",
        halfDone: { direction, attempted: 1, failed: true },
      });
      const other = direction === "up" ? down : up;
      expect(await other(context)).toMatchObject({ outcome: "refused", problems: [{ code: "half-done" }] });
      if (direction === "up") await rewrite({ ...steps, up: ["create index concurrently k on counts (n)"] });
      expect((await run(context)).outcome).toBe(direction === "up" ? "applied" : "reverted");
      expect(
        await sql("select indexrelid::regclass::text as name from pg_index where indrelid = 'counts'::regclass"),
      ).toEqual(direction === "up" ? [{ name: "k" }] : []);
    },
  );
});

describe("the script for psql", () => {
  /** As psql sends it: a command at a time, until one fails. */
  const play = async (sql: Sql, script: string) => {
    for (const command of splitCommands(script)) await sql(command.sql);
  };

  it("leaves what it has done of a migration outside a transaction for up to go on from", async () => {
    const { context, sql, n, rewrite } = await start({ ...outside, up: [count, "vacuum counts", "select 1/0"] });
    await expect(play(sql, await renderScript(context, { from: "M1" }))).rejects.toMatchObject({ code: "22012" });
    await sql("rollback; select pg_advisory_unlock_all()");
    expect((await readStatus(context)).halfDone).toMatchObject({ done: 2, attempted: null, total: 3 });
    await expect(play(sql, await renderScript(context, { from: "M1" }))).rejects.toThrow("half done");
    await sql("select pg_advisory_unlock_all()");
    await rewrite({ ...outside, up: [count, "vacuum counts", count] });
    expect((await up(context)).outcome).toBe("applied");
    expect(await n()).toBe(2);
  });
});
