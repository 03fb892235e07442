import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { temporaryFolder, until } from "@thedata/dev-postgres/testing";
import { afterEach, expect, it } from "vitest";
import pg from "pg";
import { runFleetCampaign } from "../src/fleet/campaign.ts";
import { ask, createWorld, type World, type WorldOptions } from "../src/fleet/world.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function worldOf(options: Omit<WorldOptions, "folder">): Promise<World> {
  const world = await createWorld({ ...options, folder: await temporaryFolder() });
  open.push(async () => await world.stop());
  await endedWell(world.start("init"));
  return world;
}

async function endedWell(child: ChildProcess): Promise<void> {
  let text = "";
  child.stdout?.on("data", (more) => (text += String(more)));
  child.stderr?.on("data", (more) => (text += String(more)));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect([code, code === 0 ? "" : text]).toEqual([0, ""]);
}

function startWorkers(world: World, count: number): ChildProcess[] {
  const workers = Array.from({ length: count }, () => world.start("work"));
  for (const worker of workers) for (const stream of [worker.stdout, worker.stderr]) stream?.resume();
  open.push(async () => {
    await Promise.resolve();
    for (const worker of workers) worker.kill("SIGKILL");
  });
  return workers;
}

const stateOf = async (world: World) =>
  (
    await ask<{ state: string }>(world.control.dsn("control"), "select state from fleet.run order by id desc limit 1")
  )[0]?.state;

it("brings every database to the head once, though workers are killed and servers crash", async () => {
  const options = {
    perServer: 8,
    heartbeatSeconds: 10,
    limit: 2,
    workers: 3,
    kills: 8,
    controlCrashes: 1,
    serverCrashes: 1,
  };
  const result = await runFleetCampaign({ folder: await temporaryFolder(), ...options, print: () => {} });
  expect(result).toMatchObject({ faults: [] });
  expect(result.kills).toBeGreaterThan(4);
}, 240_000);

it("lets no third session migrate on a server with a limit of two, and uses both", async () => {
  const migrations = {
    "1_slow.sql": "-- migrate:up\ncreate table slow (); select pg_sleep(0.25);\n-- migrate:down\ndrop table slow;\n",
  };
  const world = await worldOf({ perServer: 40, heartbeatSeconds: 45, limit: 2, migrations, servers: ["east"] });
  const watcher = new pg.Client(world.servers[0]?.dsn("postgres"));
  await watcher.connect();
  open.push(async () => await watcher.end());
  startWorkers(world, 8);
  await endedWell(world.start("up", "--detach", "--waves", "100%"));
  const seen: number[] = [];
  while ((await stateOf(world)) !== "done")
    for (let sample = 0; sample < 25; sample++) {
      const { rows } = await watcher.query<{ n: number }>(
        "select count(*)::int as n from pg_stat_activity where application_name ~ 'job=' and state in ('active', 'idle in transaction')",
      );
      seen.push(rows[0]?.n ?? 0);
      await sleep(20);
    }
  expect(Math.max(...seen)).toBe(2);
  const atWork = seen.slice(
    seen.findIndex((n) => n > 0),
    seen.findLastIndex((n) => n > 0),
  );
  expect(atWork.filter((n) => n === 2).length / atWork.length).toBeGreaterThan(0.5);
}, 180_000);

it("lets a worker that was stopped for long and goes on do no harm", async () => {
  const slow =
    "create table marks (); select pg_sleep(case when current_setting('application_name') ~ '#1 ' and current_database() = 'tenant_0_1' then 600 else 0 end);";
  const migrations = { "1_slow.sql": `-- migrate:up\n${slow}\n-- migrate:down\ndrop table marks;\n` };
  const world = await worldOf({ perServer: 3, heartbeatSeconds: 10, limit: 1, migrations, servers: ["east"] });
  const [first] = startWorkers(world, 1);
  await endedWell(world.start("up", "--detach", "--waves", "100%"));
  const [dsn = ""] = [...world.databases.values()].map((address) => address());
  await until(
    async () =>
      (await ask(dsn, "select from pg_stat_activity where query ~ 'pg_sleep' and application_name ~ '#1 '")).length ===
      1,
  );
  first?.kill("SIGSTOP");
  const stopped = Date.now();
  startWorkers(world, 1);
  await until(async () => (await stateOf(world)) === "done");
  // Within two minutes, and here, with a short heartbeat, much earlier.
  expect(Date.now() - stopped).toBeLessThan(60_000);
  await sleep(Number(process.env["FLEET_STOP_SECONDS"] ?? 20) * 1000 - (Date.now() - stopped));
  const before = await ask(
    world.control.dsn("control"),
    "select state, attempt, head_after from fleet.target where id = 'tenant_0_1'",
  );
  expect(before).toEqual([{ state: "applied", attempt: 2, head_after: "1_slow" }]);
  first?.kill("SIGCONT");
  await sleep(5000);
  expect(
    await ask(
      world.control.dsn("control"),
      "select state, attempt, head_after from fleet.target where id = 'tenant_0_1'",
    ),
  ).toEqual(before);
  expect(await ask(dsn, "select name::text from mikro_orm_migrations")).toEqual([{ name: "1_slow" }]);
  expect(await ask(dsn, "select action from mikro_orm_migrations_audit where action = 'applied'")).toHaveLength(1);
  // It is a worker as before.
  expect(first?.exitCode).toBe(null);
}, 400_000);
