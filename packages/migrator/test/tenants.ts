import { type ContextOptions, createContext } from "../src/execute/context.ts";
import { emptyDatabase, type Steps } from "./support.ts";

export const [countries, items, note] = ["Migration1_countries", "Migration2_items", "Migration3_note"] as const;

/** What all tenants share, and two migrations that each runs. */
export const history: Record<string, Steps> = {
  [countries]: {
    code: "\n// @shared: every tenant has the same countries.\n",
    up: ["create table countries (code text primary key)", "insert into countries values ('ch')"],
    down: ["drop table countries"],
  },
  [items]: {
    up: ["create table items (id int primary key, country text references countries)"],
    down: ["drop table items"],
  },
  [note]: {
    transactional: false,
    up: ["alter table items add note text", "create index concurrently items_note on items (note)"],
    down: ["drop index items_note", "alter table items drop note"],
  },
};

/** The engine's context in a tenant's schema, or for what all share. */
export const contextOf = (dsn: string, migrations: string, more: Partial<ContextOptions>) =>
  createContext({ dsn, migrations, ...more });

/** An empty database with these schemas; `tables` gives the names of all tables but those beside the ledgers. */
export async function tenants(...names: string[]) {
  const database = await emptyDatabase();
  for (const name of names) await database.sql(`create schema "${name.replaceAll('"', '""')}"`);
  const tables = async () =>
    (
      await database.sql(
        "select schemaname || '.' || tablename as name from pg_tables where schemaname !~ '^(pg_|information_schema)' and tablename !~ 'mikro_orm_migrations_' order by 1",
      )
    ).map(({ name }) => name as string);
  return { ...database, tables };
}

export const ledgerOf = (schema: string) => `${schema}.mikro_orm_migrations`;
