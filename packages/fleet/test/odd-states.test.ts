import { describe, expect, inject, it } from "vitest";
import { createFleet } from "../src/index.ts";
import {
  besides,
  databases,
  fleetOf,
  folderOf,
  items,
  note,
  passwordOf,
  sqlFile,
  until,
  withWorker,
} from "./support.ts";

const history = { "1_items.sql": items, "2_note.sql": note };
const password = () => passwordOf(inject("postgresDsn"));

describe("down", () => {
  it("knows where a target was that could not be asked when the run began", async () => {
    const rows = await databases(1);
    const first = await fleetOf(rows, await folderOf({ "1_items.sql": items }));
    await first.run();
    await first.close();
    let away = true;
    const give = () => {
      if (away) throw new Error("the token service is away");
      return password();
    };
    const fleet = await fleetOf(rows, await folderOf(history), { password: give });
    const run = await fleet.up();
    expect(await fleet.targets(run)).toMatchObject([{ head_known: false, head_before: null }]);
    away = false;
    await withWorker(fleet, async () => {
      expect(await fleet.settled(run)).toMatchObject({ counts: { applied: 1 } });
      expect(await fleet.targets(run)).toMatchObject([{ head_known: true, head_before: "1_items" }]);
      expect(await fleet.settled(await fleet.down(run))).toMatchObject({ counts: { applied: 1 }, exitCode: 0 });
    });
    expect(await rows[0]?.sql("select to_regclass('items') is not null as there")).toEqual([{ there: true }]);
    await fleet.close();
  });

  it("has nothing to do with a target that could not be asked at all", async () => {
    const give = () => {
      throw new Error("the token service is away");
    };
    const fleet = await fleetOf(await databases(1), await folderOf(history), { password: give });
    const run = await fleet.up();
    await withWorker(fleet, async () => {
      await until(async () => ((await fleet.targets(run))[0]?.attempt ?? 0) > 0);
      await until(async () => (await fleet.status(run)).counts.running === undefined);
    });
    await fleet.stop(run).catch(() => {});
    await expect(fleet.down(run)).rejects.toThrow(/has changed no target/);
    await fleet.close();
  });

  it("does not call a target reverted whose ledger cannot be asked", async () => {
    const rows = await databases(1);
    let down: number | undefined;
    const give = async () => {
      if (down !== undefined && (await fleet.targets(down))[0]?.state === "applied") throw new Error("away");
      return password();
    };
    const fleet = await fleetOf(rows, await folderOf(history), { password: give });
    const { run } = await fleet.run();
    down = await fleet.down(run);
    const summary = await withWorker(fleet, async () => await fleet.settled(down));
    expect(summary).toMatchObject({ state: "done", counts: { applied: 1 }, behind: 1, exitCode: 6 });
    await fleet.close();
  });
});

describe("a run of another build", () => {
  it("is not gone on with, and is stopped by any, though its worker died", async () => {
    const rows = await databases(1);
    const fleet = await fleetOf(rows, await folderOf(history));
    const run = await fleet.up();
    // A worker took it and died long ago.
    await fleet.sql(
      "update pgboss.job set state = 'active', heartbeat_on = now() - interval '1 hour' where name ~ '^fleet'",
    );
    await fleet.sql("update fleet.target set state = 'running', attempt = 1");
    const newer = besides(
      fleet.control,
      rows,
      await folderOf({ ...history, "3_c.sql": sqlFile("create table c ();") }),
    );
    await newer.stop(run);
    expect(await newer.status(run)).toMatchObject({ state: "stopped", counts: { waiting: 1 } });
    await expect(newer.resume(run)).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("of another history"),
    });
    await expect(newer.retry(run)).rejects.toThrow(/of another history/);
    expect(await fleet.resume(run)).toBe(run);
    await fleet.stop(run);
    await newer.close();
    await fleet.close();
  });
});

describe("a worker", () => {
  it("that ends at once leaves what it cancelled to the others", async () => {
    const rows = await databases(1);
    const slow = sqlFile("select pg_sleep(case when current_setting('application_name') ~ '#1 ' then 60 else 0 end);");
    const fleet = await fleetOf(rows, await folderOf({ "1_slow.sql": slow }));
    const worker = await fleet.work();
    const run = await fleet.up();
    await until(async () => (await fleet.status(run)).counts.running === 1);
    await worker.stop({ now: true });
    expect(await fleet.status(run)).toMatchObject({ state: "running", counts: { queued: 1 } });
    expect(await withWorker(fleet, async () => await fleet.settled(run))).toMatchObject({ counts: { applied: 1 } });
    await fleet.close();
  });

  it("whose list is another one adds nothing to a run", async () => {
    const rows = await databases(3);
    const file = await folderOf({ "one.csv": `id,dsn\none,${rows[0]?.dsn ?? ""}\n` });
    const migrations = await folderOf(history);
    const fleet = await fleetOf(rows, migrations);
    const few = createFleet({ control: fleet.control, targets: `${file}/one.csv`, password, engine: { migrations } });
    const run = await few.up();
    expect(await withWorker(fleet, async () => await fleet.settled(run))).toMatchObject({
      total: 1,
      counts: { applied: 1 },
    });
    await few.close();
    await fleet.close();
  });
});

describe("resume", () => {
  it("lets a wave bake on that was baking, and begins once, however often it is called", async () => {
    const fleet = await fleetOf(await databases(3), await folderOf(history));
    const run = await fleet.up({ waves: "canary,100%", bakeSeconds: 600 });
    await withWorker(fleet, async () => {
      await until(async () => (await fleet.status(run)).waves[0]?.state === "baking");
      await fleet.stop(run);
      const calls = await Promise.allSettled([1, 2, 3].map(async () => await fleet.resume(run)));
      expect(calls.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(await fleet.status(run)).toMatchObject({
        state: "running",
        waves: [{ state: "baking" }, { state: "waiting" }],
        counts: { applied: 1, waiting: 2 },
      });
    });
    await fleet.close();
  });
});

it("a bug in a migration's code is not tried again", async () => {
  const rows = await databases(1);
  const code = `import { Migration } from "@mikro-orm/migrations";
export class Migration1_bug extends Migration {
  override async up() { await this.execute("select 1"); (undefined as unknown as { x: () => void }).x(); }
}
`;
  const fleet = await fleetOf(rows, await folderOf({ "Migration1_bug.ts": code }));
  expect(await fleet.run()).toMatchObject({ state: "failed", failed: [{ attempts: 1, state: "failed" }] });
  await fleet.close();
});

it("asks a ledger that has a name of its own", async () => {
  const rows = await databases(1);
  await rows[0]?.sql("create schema kept");
  const fleet = await fleetOf(rows, await folderOf(history), {}, { ledger: "kept.ledger" });
  expect(await fleet.run()).toMatchObject({ counts: { applied: 1 }, behind: 0, exitCode: 0 });
  expect((await fleet.plan()).states).toEqual({ current: 1 });
  await fleet.close();
});

it("says that a target is behind that loses each time what it gets", async () => {
  // As a restore, or a copy of another database, would do it over and over.
  const forget = sqlFile(`create or replace function forget() returns trigger language plpgsql as $$
begin delete from public.mikro_orm_migrations; return null; end $$;
create or replace trigger forget after insert on mikro_orm_migrations for each row execute function forget();
`);
  const fleet = await fleetOf(await databases(1), await folderOf({ "1_forget.sql": forget }));
  const summary = await fleet.run({ waves: "100%" });
  expect(summary).toMatchObject({ state: "done", behind: 1, exitCode: 6 });
  expect(summary.waves.map(({ name }) => name)).toEqual(["100%", "again", "again"]);
  await fleet.close();
});
