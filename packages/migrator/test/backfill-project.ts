import { expect } from "vitest";
import { runNextBackfill } from "../src/commands/backfill.ts";
import type { Event } from "../src/events.ts";
import type { Report } from "../src/report.ts";
import { contextOf, emptyDatabase, folderOf, type Sql } from "./support.ts";

export const [first, fill, last] = [
  "Migration20240101000000_a",
  "Migration20240101000100_b",
  "Migration20240101000200_c",
];

/** A migration that declares a backfill, with the statement of its `up`. */
export function backfillSource(declared: object, sql: string): string {
  return `import { Migration } from "@mikro-orm/migrations";
export class ${fill} extends Migration {
  readonly backfill = ${JSON.stringify(declared)};
  override up() { this.addSql(${JSON.stringify(sql)}); }
  override down() {}
}
`;
}

export interface Project {
  readonly server?: string;
  readonly rows?: number;
  readonly type?: string;
  readonly key?: string;
  readonly declared?: object;
  readonly sql?: string;
  readonly create?: string;
}

/** Three migrations: a table with rows, a backfill that adds one to each, and one that comes after it. */
export async function project({
  server,
  rows = 20_000,
  type = "int primary key",
  key = "n",
  declared = { table: "t", set: "n = n + 1" },
  sql = "update t set n = n + 1",
  create = `create table t (id ${type}, n int not null default 0)`,
}: Project = {}) {
  const folder = await folderOf({
    [first]: {
      up: [create, `insert into t (id) select ${key} from generate_series(1, ${rows}) n`],
      down: ["drop table t"],
    },
    [`${fill}.ts`]: backfillSource(declared, sql),
    [last]: { up: ["alter table t add constraint done check (n > 0)"], down: ["alter table t drop constraint done"] },
  });
  const database = await emptyDatabase(server);
  return { folder, ...database, context: contextOf(database.dsn, folder) };
}

/** How often each row was changed, and how many rows so often. */
export async function changes(sql: Sql): Promise<Record<string, number>> {
  const rows = await sql<{ n: number; count: number }>("select n, count(*)::int from t group by 1 order by 1");
  return Object.fromEntries(rows.map(({ n, count }) => [n, count]));
}

export const toReport = (error: Error) => error.message;
export const refusalOf = ({ error, problems }: Report) =>
  [error?.message, ...problems.map(({ message }) => message)].join();

/** Lets the next backfill run for one batch. */
export async function interruptAfterOne(dsn: string, folder: string): Promise<void> {
  const controller = new AbortController();
  const onEvent = ({ type }: Event) => void (type === "backfill" && controller.abort());
  const cut = contextOf(dsn, folder, { signal: controller.signal, onEvent });
  await expect(runNextBackfill(cut)).rejects.toThrow("Interrupted");
}
