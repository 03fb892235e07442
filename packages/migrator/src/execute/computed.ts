import type { Direction } from "../report.ts";
import { toStatements } from "../history/collect.ts";
import { type LoadedMigration, refuseCommands } from "../history/load.ts";
import { borrowDriver, type Traffic } from "./driver.ts";
import { explain } from "./failure.ts";
import type { Run } from "./run.ts";

/**
 * Runs a computed migration's code and returns the statements that it passed to `addSql`, which are sent afterwards, as
 * in MikroORM. `traffic` counts what the code sent. Throws a `MigrationFailedError`.
 */
export async function compute(
  run: Run,
  migration: LoadedMigration,
  direction: Direction,
  traffic: Traffic = { answered: 0, inDoubt: false },
): Promise<string[]> {
  const { client } = run.connection;
  const { driver, config, context } = await borrowDriver(
    { client, inTransaction: migration.transactional, traffic },
    await run.loadOrmOptions(),
  );
  const instance = migration.create(driver, config);
  instance.setTransactionContext(context);
  // MikroORM's own queries do not count.
  Object.assign(traffic, { answered: 0, inDoubt: false });
  try {
    await instance[direction]();
    const statements = await toStatements(instance);
    refuseCommands({ name: migration.name, path: migration.name }, statements, migration.transactional);
    return statements;
  } catch (error) {
    throw explain(run, migration.name, error);
  }
}
