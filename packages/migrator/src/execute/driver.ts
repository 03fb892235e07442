import { callbackify } from "node:util";
import type { Client, QueryConfig } from "pg";
import { type OrmOptions, withoutConnection } from "./orm-options.ts";
import { findTransactionControl, splitCommands, transactionControlOf } from "@thedata/catalog/sql";
import type { MigrationDriver } from "../history/migration-class.ts";
import { isOutside } from "./statement-kinds.ts";

/** MikroORM's driver and configuration, for a migration whose code queries the database. */
export interface BorrowedDriver {
  readonly driver: MigrationDriver;
  readonly config: unknown;
  /** The argument of `setTransactionContext`, so that an EntityManager nests its transactions in the runner's. */
  readonly context: unknown;
}

/** What was sent over a lent session. */
export interface Traffic {
  /** Queries that the server answered with success. */
  answered: number;
  /** True: a query was sent that commits in between, so that a part of it may stay when it fails. */
  inDoubt: boolean;
}

/** A session that is lent to MikroORM. */
export interface Loan {
  readonly client: Client;
  /** True: the runner's transaction is open, and MikroORM must not end it. */
  readonly inTransaction: boolean;
  readonly traffic: Traffic;
}

/**
 * Makes a MikroORM driver that uses the runner's session. In a transaction, a `begin` of the driver becomes a
 * savepoint, and the driver cannot end the transaction itself, which also holds the ledger row. Importing MikroORM is
 * slow, so only computed migrations get a driver.
 */
export async function borrowDriver(loan: Loan, ormOptions: OrmOptions = {}): Promise<BorrowedDriver> {
  const { MikroORM } = await import("@mikro-orm/postgresql");
  const Borrowed = function () {
    return lend(loan);
  };
  const orm = await MikroORM.init({
    entities: [],
    discovery: { warnWhenNoEntities: false },
    ...withoutConnection(ormOptions),
    preferEnvVars: false,
    dbName: loan.client.database ?? "",
    // An idle connection of the pool would keep the process running after the migration.
    pool: { min: 0, max: 1, idleTimeoutMillis: 10 },
    driverOptions: { Client: Borrowed },
  });
  const driver = orm.em.getDriver();
  // Before its first query MikroORM checks that the database exists.
  await driver.getConnection().execute("select 1");
  const context = loan.inTransaction ? await driver.getConnection().begin() : undefined;
  return { driver, config: orm.config, context };
}

/** The client as MikroORM's pool sees it: already connected, and never ended. */
function lend({ client, inTransaction, traffic }: Loan): Client {
  const translate = inTransaction ? nestTransactions() : (text: string) => text;
  const send = client.query as (...all: unknown[]) => unknown;
  const query = (first: unknown, ...rest: unknown[]): unknown => {
    // A cursor reads; it ends no transaction.
    if (typeof (first as { submit?: unknown }).submit === "function") return send.call(client, first, ...rest);
    const answer = async () => {
      const values = rest.filter((argument) => typeof argument !== "function");
      const text = withText(first as string | QueryConfig, translate);
      traffic.inDoubt ||= commitsInBetween(typeof text === "string" ? text : text.text);
      const result = await send.call(client, text, ...values);
      traffic.answered++;
      return result;
    };
    const callback = rest.find((argument) => typeof argument === "function") as Callback | undefined;
    if (!callback) return answer();
    callbackify(answer)(callback);
  };
  const succeed = (callback?: (error: null) => void) => (callback ? callback(null) : Promise.resolve());
  return Object.assign(Object.create(client) as Client, { query, connect: succeed, end: succeed });
}

function commitsInBetween(sql: string): boolean {
  return findTransactionControl(sql) !== undefined || isOutside(sql);
}

type Callback = (error: NodeJS.ErrnoException | null, result: unknown) => void;

function withText(query: string | QueryConfig, translate: (text: string) => string): string | QueryConfig {
  return typeof query === "string" ? translate(query) : { ...query, text: translate(query.text) };
}

/**
 * Translates SQL for the runner's open transaction: `begin`, `commit` and `rollback` become savepoint commands. Throws
 * where the SQL would end the runner's transaction.
 */
function nestTransactions(): (text: string) => string {
  let depth = 0;
  return (text) => {
    const found = findTransactionControl(text);
    if (!found) return text;
    const kind = transactionControlOf(found);
    // The first `begin` comes from `borrowDriver`: the runner's transaction is open already.
    if (kind === "begin" && splitCommands(text).length === 1) return depth++ === 0 ? "" : `savepoint migrator_${depth}`;
    if (depth < 2 || splitCommands(text).length > 1 || kind === "prepare")
      throw new Error(
        `the migration sends "${found.sql.trim()}", but the runner owns the transaction, so that a migration and its ledger row commit together: remove that command, or let isTransactional() return false`,
      );
    const savepoint = `savepoint migrator_${depth--}`;
    return kind === "commit" ? `release ${savepoint}` : `rollback to ${savepoint}; release ${savepoint}`;
  };
}
