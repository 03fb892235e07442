import type { Client, QueryResult } from "pg";
import type { MigrationDriver } from "./recorder.ts";

/** MikroORM's driver and configuration, for a migration whose code asks the database. */
export interface BorrowedDriver {
  readonly driver: MigrationDriver;
  readonly config: unknown;
  /** What `setTransactionContext` takes, so that an EntityManager nests its transactions in ours. */
  readonly context: unknown;
}

/** The options of MikroORM that the project's models need; without them an EntityManager knows no entity. */
export type OrmOptions = Record<string, unknown>;

/**
 * A MikroORM driver that speaks on our own session. In a transaction it can neither begin, commit nor roll back:
 * that is the runner's, and the ledger row's. Costs the import of MikroORM, so only computed migrations get it.
 */
export async function borrowDriver(
  client: Client,
  inTransaction: boolean,
  ormOptions: OrmOptions = {},
): Promise<BorrowedDriver> {
  const { MikroORM } = await import("@mikro-orm/postgresql");
  const Borrowed = function () {
    return lend(client, inTransaction);
  };
  const orm = await MikroORM.init({
    entities: [],
    discovery: { warnWhenNoEntities: false },
    ...ormOptions,
    dbName: client.database ?? "",
    pool: { min: 0, max: 1 },
    driverOptions: { Client: Borrowed },
  });
  const driver = orm.em.getDriver();
  const context = inTransaction ? await driver.getConnection().begin() : undefined;
  return { driver: driver as unknown as MigrationDriver, config: orm.config, context };
}

const transactionControl = /^\s*(begin|start transaction|commit|rollback)\s*;?\s*$/i;

/** The client as a pool sees it: connected already, never ended, and deaf to transaction control when `inTransaction`. */
function lend(client: Client, inTransaction: boolean): Client {
  const query = (...parameters: unknown[]): unknown => {
    const [first, callback] = [parameters[0] as string | { text?: string }, parameters.at(-1)];
    const text = typeof first === "string" ? first : (first.text ?? "");
    if (!inTransaction || !transactionControl.test(text))
      return (client.query as (...all: unknown[]) => unknown).apply(client, parameters);
    const nothing: Partial<QueryResult> = { rows: [], rowCount: 0, command: text.trim().toUpperCase(), fields: [] };
    return typeof callback === "function" ? callback(null, nothing) : Promise.resolve(nothing);
  };
  const succeed = (callback?: (error: null) => void) => (callback ? callback(null) : Promise.resolve());
  return Object.assign(Object.create(client) as Client, { query, connect: succeed, end: succeed });
}
