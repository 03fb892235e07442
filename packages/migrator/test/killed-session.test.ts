import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { up } from "../src/commands/up-and-down.ts";
import { contextOf, emptyDatabase, folderOf } from "./support.ts";

const runner = `
  const { createContext } = await import(new URL("../src/execute/context.ts", process.argv[1]).href);
  const { up } = await import(new URL("../src/commands/up-and-down.ts", process.argv[1]).href);
  const [, , dsn, migrations] = process.argv;
  await up(createContext({ dsn, migrations }));
`;

it(
  "the session of a killed runner ends within seconds, although its statement would take minutes",
  { timeout: 60_000 },
  async () => {
    const { dsn, sql } = await emptyDatabase();
    const slow = await folderOf({ M1: { up: ["select pg_sleep(600)"] } });
    const parameters = [
      "--conditions=@thedata/source",
      "--input-type=module",
      "-e",
      runner,
      import.meta.url,
      dsn,
      slow,
    ];
    const child = spawn(process.execPath, parameters, { stdio: "ignore" });
    const sleeping = async () =>
      (
        await sql(
          "select pid from pg_stat_activity where datname = current_database() and query like '%pg_sleep(600)%' and pid <> pg_backend_pid()",
        )
      ).length;
    while ((await sleeping()) === 0) await sleep(50);
    child.kill("SIGKILL");
    await once(child, "exit");
    const killed = performance.now();
    const quick = await folderOf({ M1: { up: ["select 1"] } });
    expect(await up(contextOf(dsn, quick, { lockWaitMs: 30_000 }))).toMatchObject({ outcome: "applied" });
    expect(performance.now() - killed).toBeLessThan(15_000);
  },
);
