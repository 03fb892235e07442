import { randomInt } from "node:crypto";
import type { MikroORM } from "@mikro-orm/postgresql";
import type { Client } from "pg";
import { type Connection, connect } from "../postgres/connection.ts";
import { type Comparator, createComparator, type Generator, generatorOf } from "./mikro-orm-internals.ts";
import { cutNames } from "./cut-names.ts";
import { ConfigurationError } from "../errors.ts";
import { readAddress } from "../postgres/address.ts";
import { leadingWords, splitCommands } from "@thedata/catalog/sql";
import { shadowApplication } from "../shadow/shadow.ts";
import { type LedgerTable, ownTables, qualified } from "../ledger/tables.ts";
import { withoutConnection, type OrmOptions } from "../execute/orm-options.ts";

/** The statements that would bring a database to the models, and back. */
export interface ModelStatements {
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** Models that are open on a database, to be compared with it any number of times. */
export interface OpenModels {
  /**
   * The difference as MikroORM finds it. A column with another name is a new one: MikroORM does not guess renames here.
   */
  difference(): Promise<ModelStatements>;
  /** The statements that make the models' schema in an empty database. */
  creation(): Promise<readonly string[]>;
  /** Whether the models exclude a column's type from comparison; names as they are stored. */
  ignoresType(table: string, column: string): boolean;
  close(): Promise<void>;
}

/**
 * Opens the models on the database at `dsn`, whatever address their options give. Throws a `ConfigurationError` where
 * MikroORM refuses them, or still connects to another database.
 */
export async function openModels(ormOptions: OrmOptions, dsn: string, ledger: LedgerTable): Promise<OpenModels> {
  const orm = await openBeside(ormOptions, dsn, ledger);
  cutNames(orm);
  const generator = generatorOf(orm);
  const ignored = findIgnored(orm);
  return {
    difference: async () =>
      await ofModels(async () => {
        const { fromSchema, toSchema } = await generator.prepareSchemaForComparison({ wrap: false });
        const comparator = withoutGuesses(await createComparator(orm));
        const up = comparator.compare(fromSchema, toSchema);
        const down = comparator.compare(toSchema, fromSchema, up);
        return { up: toStatements(generator, up), down: toStatements(generator, down) };
      }),
    creation: async () =>
      await ofModels(async () => splitStatements(await orm.schema.getCreateSchemaSQL({ wrap: false }))),
    ignoresType: (table, column) => ignored.has(`${table}.${column}`),
    close: async () => await orm.close(true),
  };
}

/**
 * Turns MikroORM's own errors, which the models cause, into a `ConfigurationError`; errors of a server or socket have a
 * code and are thrown as they are.
 */
async function ofModels<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof Error) || "code" in cause) throw cause;
    throw new ConfigurationError(`MikroORM cannot create a schema from the models: ${cause.message}`, { cause });
  }
}

/** Opens MikroORM on the database of a session of our own, with the same address, login and TLS. */
export async function openBeside(ormOptions: OrmOptions, dsn: string, ledger: LedgerTable): Promise<MikroORM> {
  const session = await connect(dsn, shadowApplication);
  try {
    const orm = await initialize(ormOptions, dsn, ledger, session.client).catch((cause: Error) => {
      throw new ConfigurationError(`MikroORM rejects the models: ${cause.message}`, { cause });
    });
    await refuseElsewhere(orm, ormOptions, session).catch(async (error: unknown) => {
      await orm.close(true);
      throw error;
    });
    return orm;
  } finally {
    await session.close();
  }
}

async function initialize(
  ormOptions: OrmOptions,
  dsn: string,
  ledger: LedgerTable,
  { host, port, user, password, database = "", ssl }: Client,
): Promise<MikroORM> {
  const { MikroORM } = await import("@mikro-orm/postgresql");
  return await MikroORM.init({
    ...withoutConnection(ormOptions),
    clientUrl: dsn,
    dbName: database,
    // MikroORM completes an address from its environment variables; options of the driver take precedence over both.
    driverOptions: {
      ...readAddress(dsn).config,
      host,
      port,
      user,
      password,
      database,
      ssl,
      application_name: shadowApplication,
    },
    ensureDatabase: false,
    migrations: { ...(ormOptions["migrations"] as object), tableName: qualified(ledger).replaceAll('"', "") },
    schemaGenerator: {
      ...(ormOptions["schemaGenerator"] as object),
      skipTables: ownTables(ledger).map(({ table }) => table),
    },
  });
}

/** Throws where MikroORM is connected to another database: it cannot see an advisory lock that our session holds. */
async function refuseElsewhere(orm: MikroORM, ormOptions: OrmOptions, { query, client }: Connection): Promise<void> {
  const key = randomInt(2 ** 47);
  await query("select pg_advisory_lock($1)", [key]);
  const [there] = await orm.driver
    .getConnection()
    .execute<{ name: string; free: boolean }[]>(
      "select current_database() as name, pg_try_advisory_xact_lock(?) as free",
      [key],
    );
  if (there?.free === false) return;
  const own = ["driver", "extensions", "onQuery"].filter((name) => name in ormOptions);
  throw new ConfigurationError(
    `MikroORM is connected to the database "${there?.name}", and not to the shadow database "${client.database}": nothing was compared. Remove the models' options that connect to another database${own.length > 0 ? `, such as ${own.join(", ")}` : ""}`,
  );
}

function findIgnored(orm: MikroORM): Set<string> {
  const all = [...orm.getMetadata().getAll().values()].flatMap(({ tableName, props }) =>
    props
      .filter(({ ignoreSchemaChanges }) => ignoreSchemaChanges?.includes("type"))
      .flatMap(({ fieldNames }) => fieldNames.map((column) => `${tableName}.${column}`)),
  );
  return new Set(all);
}

/** Switches off MikroORM's silent guess that a new column of the same type is a renamed one: here a person decides. */
function withoutGuesses(comparator: Comparator): Comparator {
  return Object.assign(comparator, { detectColumnRenamings: () => {} });
}

function toStatements(generator: Generator, difference: unknown): string[] {
  const statements = splitStatements(generator.diffToSQL(difference, { wrap: false, safe: false, dropTables: true }));
  const keyed = new Set(statements.map(withKey));
  return statements.filter((sql, index) => {
    // MikroORM drops a foreign key twice where its table changes and the referenced table goes.
    if (/ drop constraint "[^"]+"$/.test(sql)) return statements.indexOf(sql) === index;
    // A new serial column includes its primary key, and MikroORM adds that once more.
    return !keyed.has(sql);
  });
}

/** The statement that would add the primary key which this statement's column includes. */
function withKey(sql: string): string {
  const [, table, column] = /^alter table (.+) add ("(?:[^"]|"")*") \w+ primary key$/.exec(sql) ?? [];
  return `alter table ${table} add primary key (${column})`;
}

function splitStatements(sql: string): string[] {
  return splitCommands(sql)
    .filter((command) => !leadingWords(command, 2).join(" ").startsWith("set names"))
    .map((command) => command.sql);
}
