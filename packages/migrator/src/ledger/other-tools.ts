import type { Query } from "@thedata/catalog";
import { ConfigurationError } from "../errors.ts";

/** Where another tool records what it has applied. */
interface OtherLedger {
  /** Its table, as SQL takes the name. */
  readonly table: string;
  /** Selects `key`, the tool's own name for a migration, in the order of application. */
  readonly sql: string;
}

/** The tools whose databases can be adopted, by their names. */
export const otherLedgers = {
  alembic: { table: "alembic_version", sql: "select version_num as key from alembic_version" },
  prisma: {
    table: "_prisma_migrations",
    sql: `select migration_name as key from _prisma_migrations
      where finished_at is not null and rolled_back_at is null order by finished_at, migration_name`,
  },
  flyway: {
    table: "flyway_schema_history",
    sql: "select version as key from flyway_schema_history where success and version is not null order by installed_rank",
  },
  typeorm: { table: "migrations", sql: `select name as key from migrations where "timestamp" > 0 order by id` },
  knex: {
    table: "knex_migrations",
    sql: `select regexp_replace(name, '\\.[cm]?[jt]s$', '') as key from knex_migrations order by id`,
  },
  drizzle: {
    table: "drizzle.__drizzle_migrations",
    sql: "select created_at::text as key from drizzle.__drizzle_migrations order by id",
  },
  dbmate: { table: "schema_migrations", sql: "select version as key from schema_migrations order by version" },
  goose: {
    table: "goose_db_version",
    sql: "select version_id::text as key from goose_db_version where is_applied and version_id > 0 order by id",
  },
} satisfies Readonly<Record<string, OtherLedger>>;

/** The names of the tools in `otherLedgers`. */
export const otherTools = Object.keys(otherLedgers);

/** A tool whose databases can be adopted. */
export type OtherTool = keyof typeof otherLedgers;

/**
 * Reads the tool's own name for the last migration that it has applied. Throws a `ConfigurationError` where it has
 * recorded none, or, for Alembic, more than one head.
 */
export async function readLastOf(query: Query, tool: OtherTool): Promise<string> {
  const { table, sql } = otherLedgers[tool];
  const rows = await query<{ key: string }>(sql).catch((error: { code?: string }) => {
    if (error.code !== "42P01" && error.code !== "42703") throw error;
    throw new ConfigurationError(
      `The database has no table ${table} of ${tool}: if ${tool} did not migrate it, use --at M`,
    );
  });
  const last = rows.at(-1)?.key;
  if (last === undefined) throw new ConfigurationError(`${table} records no migration: use --at M`);
  if (tool === "alembic" && rows.length > 1)
    throw new ConfigurationError(
      `alembic_version holds ${rows.length} revisions: bring the database to one head with Alembic first`,
    );
  return last;
}

/**
 * Finds the tool that migrated a database by the table that it left. Throws a `ConfigurationError` where it finds none,
 * or several.
 */
export async function findTool(query: Query): Promise<OtherTool> {
  const tools = Object.entries(otherLedgers) as [OtherTool, OtherLedger][];
  const rows = await query<{ tool: OtherTool }>(
    `select tool from unnest($1::text[], $2::text[]) as known(tool, name) where to_regclass(name) is not null
      and (tool <> 'typeorm' or exists (
        select from pg_attribute where attrelid = to_regclass(name) and attname = 'timestamp' and not attisdropped))`,
    [tools.map(([tool]) => tool), tools.map(([, { table }]) => table)],
  );
  const [found, second] = rows;
  if (found && !second) return found.tool;
  const what = found ? `tables of ${rows.map(({ tool }) => tool).join(" and ")}` : "no table of a supported tool";
  throw new ConfigurationError(`"baseline" takes --at M, or --from TOOL: the database has ${what}`);
}
