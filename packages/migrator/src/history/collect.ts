import type { MigrationDriver, RecordedMigration } from "./migration-class.ts";

/** One direction of a migration: its statements, as far as they are known without a database. */
export interface Script {
  readonly statements: readonly string[];
  /** True: its code queries the database while it runs, so that the statements are known only then. */
  readonly computed: boolean;
}

/** Thrown at the first use of the database while statements are only collected. */
class NeedsDatabase extends Error {}

/** A driver that only says that it was asked. */
export const noDatabase = new Proxy({} as MigrationDriver, {
  get: () => {
    throw new NeedsDatabase("this migration asks the database");
  },
});

/** Makes an instance of a migration's class. */
export type Create = (driver: MigrationDriver, config: unknown) => RecordedMigration;

/** Runs a direction of a migration without a database, up to its first use of one. Throws what its code throws. */
export async function collect(create: Create, method: "up" | "down"): Promise<Script> {
  const migration = create(noDatabase, noDatabase);
  try {
    await migration[method]();
  } catch (error) {
    if (!(error instanceof NeedsDatabase)) throw error;
    return { statements: await toStatements(migration), computed: true };
  }
  return { statements: await toStatements(migration), computed: false };
}

/** The statements that `addSql` took, as text; a `raw()` fragment or query builder is rendered as MikroORM renders it. */
export async function toStatements(migration: RecordedMigration): Promise<string[]> {
  const queries = migration.getQueries();
  const texts = queries.every((query) => typeof query === "string") ? queries : await renderFragments(queries);
  return texts.filter((sql) => sql.trim() !== "");
}

async function renderFragments(queries: unknown[]): Promise<string[]> {
  const { PostgreSqlPlatform } = await import("@mikro-orm/postgresql");
  const platform = new PostgreSqlPlatform();
  return queries.map((query) => {
    if (typeof query === "string") return query;
    const { sql, params } = (hasToRaw(query) ? query.toRaw() : query) as { sql: string; params: unknown[] };
    return platform.formatQuery(sql, params);
  });
}

function hasToRaw(query: unknown): query is { toRaw(): unknown } {
  return typeof (query as { toRaw?: unknown }).toRaw === "function";
}
