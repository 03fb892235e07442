import { ConfigurationError, createMigrator, readHistory } from "@thedata/migrator";
import { isAtHead } from "@thedata/migrator/status";
import type { PgBoss } from "pg-boss";
import type { Control } from "./database.ts";
import { startBoss } from "./queue.ts";
import { controlHistory, controlLedger } from "./tables.ts";

/** Makes or completes the tables of runs and queue. Throws a `MigratorError`. */
export async function prepareControl(dsn: string, control: Control): Promise<void> {
  await control.query("create schema if not exists fleet");
  await createMigrator({
    connection: dsn,
    migrations: controlHistory,
    ledger: `${controlLedger.schema}.${controlLedger.table}`,
  }).up();
  const boss = await startBoss(control, { migrate: true });
  await boss.stop();
}

/** Runs work on the control database. Throws a `ConfigurationError` where `fleet init` of this build was not run there. */
export async function ready<Result>({ query }: Control, run: () => Promise<Result>): Promise<Result> {
  const { digest } = await readHistory(controlHistory);
  const look = async () =>
    (await query<{ there: boolean }>("select to_regclass('pgboss.job') is not null as there"))[0]?.there === true;
  if ((await look()) && (await isAtHead(query, digest, controlLedger))) return await run();
  // `isAtHead` takes a lost connection for a no: this asks again, and throws.
  await look();
  throw new ConfigurationError(
    `The control database does not have the tables of this build's fleet: run "migrator fleet init" first, with the newest build that uses it`,
  );
}

/** Runs work with pg-boss, which does nothing by itself here. Throws like `ready`. */
export async function withBoss<Result>(control: Control, run: (boss: PgBoss) => Promise<Result>): Promise<Result> {
  return await ready(control, async () => {
    const boss = await startBoss(control, {});
    try {
      return await run(boss);
    } finally {
      await boss.stop({ graceful: false });
    }
  });
}
