import { callbackify } from "node:util";
import type { Client, QueryConfig } from "pg";
import { type OrmOptions, withoutConnection } from "./orm-options.ts";
import { findTransactionControl, splitCommands, transactionControlOf } from "@thedata/catalog/sql";
import type { MigrationDriver } from "../history/migration-class.ts";
import { isOutside } from "./statement-kinds.ts";

/** MikroORM's driver and configuration, for a migration whose code asks the database. */
export interface BorrowedDriver {
  readonly driver: MigrationDriver;
  readonly config: unknown;
  /** What `setTransactionContext` takes, so that an EntityManager nests its transactions in ours. */
  readonly context: unknown;
}

/** How much went over a session that was lent. */
export interface Traffic {
  /** Queries that the server answered with success. */
  answered: number;
  /** True: one was sent that may have done a part when it fails, for it commits in between. */
  inDoubt: boolean;
}

/** A session that is lent to MikroORM. */
export interface Loan {
  readonly client: Client;
  /** True: a transaction of the runner's is open, which stays the runner's. */
  readonly inTransaction: boolean;
  readonly traffic: Traffic;
}

/**
 * A MikroORM driver that speaks on our own session. In a transaction, what it begins is a savepoint, and nothing can
 * end the transaction itself: that is the runner's, and the ledger row's. Costs the import of MikroORM, so only
 * computed migrations get it.
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
    // The pool keeps nothing open behind the migration, which would keep the process.
    pool: { min: 0, max: 1, idleTimeoutMillis: 10 },
    driverOptions: { Client: Borrowed },
  });
  const driver = orm.em.getDriver();
  // MikroORM looks whether the database exists before its first query.
  await driver.getConnection().execute("select 1");
  const context = loan.inTransaction ? await driver.getConnection().begin() : undefined;
  return { driver, config: orm.config, context };
}

/** The client as a pool sees it: connected already, never ended. */
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

/** Gives each text as it may be sent within a transaction: `begin` and its end become a savepoint's. Throws where the runner's own would end. */
function nestTransactions(): (text: string) => string {
  let depth = 0;
  return (text) => {
    const found = findTransactionControl(text);
    if (!found) return text;
    const kind = transactionControlOf(found);
    // The first is MikroORM's own: our transaction is open already.
    if (kind === "begin" && splitCommands(text).length === 1) return depth++ === 0 ? "" : `savepoint migrator_${depth}`;
    if (depth < 2 || splitCommands(text).length > 1 || kind === "prepare")
      throw new Error(
        `the migration sends "${found.sql.trim()}", but the transaction is the runner's, so that all of a migration is done and recorded or none of it: take it out, or let isTransactional() give false`,
      );
    const savepoint = `savepoint migrator_${depth--}`;
    return kind === "commit" ? `release ${savepoint}` : `rollback to ${savepoint}; release ${savepoint}`;
  };
}
