import { expect } from "vitest";
import { up } from "../src/commands/up-and-down.ts";
import { addFiles, contextOf, emptyDatabase, folderOf, type Sql, type Steps, until } from "./support.ts";

const first = { up: ["create table counts (n int)", "insert into counts values (0)"], down: ["drop table counts"] };
export const count = "update counts set n = n + 1";
export const undo = "update counts set n = n - 1";
export const sleep = "select pg_sleep(60)";
export const outside = { transactional: false } as const;

/** A database where `M1` is applied, and `M2` in the folder. */
export async function start(steps: Steps) {
  const { dsn, sql, connect } = await emptyDatabase();
  const folder = await folderOf({ M1: first });
  const context = contextOf(dsn, folder);
  expect((await up(context)).outcome).toBe("applied");
  const rewrite = async (changed: Steps) => await addFiles(folder, { M2: changed });
  await rewrite(steps);
  return { context, sql, connect, rewrite, n: async () => (await sql<{ n: number }>("select n from counts"))[0]?.n };
}

/** Ends the runner's session while it sleeps, or waits for others. */
export async function cut(sql: Sql, run: Promise<unknown>, waits = "PgSleep"): Promise<void> {
  await until(
    async () =>
      (
        await sql(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name like 'migrator/%' and wait_event = $1`,
          [waits],
        )
      ).length,
  );
  await run;
}
