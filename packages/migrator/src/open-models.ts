import type { MikroORM } from "@mikro-orm/postgresql";
import { auditTable } from "./audit.ts";
import type { OrmOptions } from "./driver.ts";
import { ConfigurationError } from "./errors.ts";
import { type LedgerTable, qualified } from "./ledger.ts";
import { leadingWords, splitCommands } from "./postgres/sql-lexer.ts";

/** What it would take to bring a database to the models, and back. */
export interface ModelDifference {
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** Models, held against a database as often as somebody asks. */
export interface OpenModels {
  /** MikroORM's word on it. A column with another name is a new one: MikroORM does not guess here. */
  difference(): Promise<ModelDifference>;
  /** What makes the models' schema in an empty database. */
  creation(): Promise<readonly string[]>;
  /** Whether the models say that nobody is to care about a column's type; names as they are stored. */
  ignoresType(table: string, column: string): boolean;
  close(): Promise<void>;
}

/** Opens the models on the database at `dsn`. Throws a `ConfigurationError` where MikroORM does not take them. */
export async function openModels(ormOptions: OrmOptions, dsn: string, ledger: LedgerTable): Promise<OpenModels> {
  const { SchemaComparator } = await import("@mikro-orm/postgresql");
  const orm = await initialize(ormOptions, dsn, ledger).catch((cause: Error) => {
    throw new ConfigurationError(`MikroORM does not take the models: ${cause.message}`, { cause });
  });
  const generator = orm.schema as unknown as Generator;
  const platform = orm.em.getPlatform();
  const ignored = findIgnored(orm);
  return {
    async difference() {
      const { fromSchema, toSchema } = await generator.prepareSchemaForComparison({ wrap: false });
      const comparator = withoutGuesses(new SchemaComparator(platform) as unknown as Comparator);
      const up = comparator.compare(fromSchema, toSchema);
      const down = comparator.compare(toSchema, fromSchema, up);
      return { up: toStatements(generator, up), down: toStatements(generator, down) };
    },
    creation: async () => splitStatements(await generator.getCreateSchemaSQL({ wrap: false })),
    ignoresType: (table, column) => ignored.has(`${table}.${column}`),
    close: async () => await orm.close(true),
  };
}

async function initialize(ormOptions: OrmOptions, dsn: string, ledger: LedgerTable): Promise<MikroORM> {
  const { MikroORM } = await import("@mikro-orm/postgresql");
  // An address among the project's own options would win over that of the shadow database.
  const { dbName: _, host: __, port: ___, user: ____, password: _____, replicas: ______, ...options } = ormOptions;
  return await MikroORM.init({
    ...options,
    clientUrl: dsn,
    migrations: { ...(ormOptions["migrations"] as object), tableName: qualified(ledger).replaceAll('"', "") },
    schemaGenerator: {
      ...(ormOptions["schemaGenerator"] as object),
      skipTables: [ledger.table, auditTable(ledger).table],
    },
  });
}

function findIgnored(orm: MikroORM): Set<string> {
  const all = [...orm.getMetadata().getAll().values()].flatMap(({ tableName, props }) =>
    props
      .filter(({ ignoreSchemaChanges }) => ignoreSchemaChanges?.includes("type"))
      .flatMap(({ fieldNames }) => fieldNames.map((column) => `${tableName}.${column}`)),
  );
  return new Set(all);
}

/** What MikroORM's generator does in `getUpdateSchemaMigrationSQL`, step by step. */
interface Generator {
  prepareSchemaForComparison(options: object): Promise<{ fromSchema: unknown; toSchema: unknown }>;
  diffToSQL(difference: unknown, options: object): string;
  getCreateSchemaSQL: MikroORM["schema"]["getCreateSchemaSQL"];
}

interface Comparator {
  compare(from: unknown, to: unknown, inverse?: unknown): unknown;
  detectColumnRenamings(): void;
}

/** MikroORM takes a new column of the same type for a renamed one and says nothing; here a person decides. */
function withoutGuesses(comparator: Comparator): Comparator {
  if (typeof comparator.detectColumnRenamings !== "function")
    throw new Error("this version of MikroORM guesses renames in a way that is not known here");
  return Object.assign(comparator, { detectColumnRenamings: () => {} });
}

function toStatements(generator: Generator, difference: unknown): string[] {
  const statements = splitStatements(generator.diffToSQL(difference, { wrap: false, safe: false, dropTables: true }));
  // The key of a table that refers to one that goes, and is changed as well, is dropped for both reasons.
  return statements.filter((sql, index) => !/ drop constraint "[^"]+"$/.test(sql) || statements.indexOf(sql) === index);
}

function splitStatements(sql: string): string[] {
  return splitCommands(sql)
    .filter((command) => !leadingWords(command, 2).join(" ").startsWith("set names"))
    .map((command) => command.sql);
}
