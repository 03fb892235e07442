import { createDatabase, withDatabaseName } from "@thedata/dev-postgres";
import { emptyDatabase, type Sql, temporaryFolder, writeFiles } from "@thedata/dev-postgres/testing";
import { inject } from "vitest";
import {
  createFleet,
  type Fleet,
  type FleetOptions,
  type RunSummary,
  type TargetRow,
  type Worker,
} from "../src/index.ts";

export { emptyDatabase, temporaryFolder, until } from "@thedata/dev-postgres/testing";

/** A migration of a test, as a file of SQL. */
export function sqlFile(up: string, down = "select 1;", mark = ""): string {
  return `${mark}-- migrate:up\n${up}\n-- migrate:down\n${down}\n`;
}

export const items = sqlFile("create table items (id int primary key);", "drop table items;");
export const note = sqlFile("alter table items add note text;", "alter table items drop note;");

export async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  await writeFiles(folder, files);
  return folder;
}

/** A user's password is not in an address of a list. */
export function withoutPassword(dsn: string): string {
  const url = new URL(dsn);
  url.password = "";
  return url.href;
}

export const passwordOf = (dsn: string) => new URL(dsn).password;

/** Databases on the test's server, as rows of a list. */
export async function databases(
  count: number,
): Promise<(TargetRow & { readonly id: string; readonly dsn: string; readonly sql: Sql })[]> {
  const made = await Promise.all(Array.from({ length: count }, async () => await emptyDatabase()));
  return made.map(({ dsn, sql }, index) => {
    const row = { id: `tenant_${index + 1}`, dsn: withoutPassword(dsn) };
    return Object.defineProperty(row, "sql", { value: sql, enumerable: false }) as typeof row & { sql: Sql };
  });
}

export interface TestFleet extends Fleet {
  readonly control: string;
  readonly sql: Sql;
  /** Begins a run with a worker of this process, and waits until it is over. */
  run(options?: Parameters<Fleet["up"]>[0]): Promise<RunSummary>;
  settled(run: number): Promise<RunSummary>;
}

/** A fleet with a control database of its own. */
export async function fleetOf(
  targets: readonly TargetRow[] | (() => readonly TargetRow[]),
  migrations: string,
  more: Partial<FleetOptions> = {},
  engine: object = {},
): Promise<TestFleet> {
  const { dsn, sql } = await emptyDatabase();
  const fleet = createFleet({
    control: dsn,
    targets: typeof targets === "function" ? targets : () => targets,
    password: () => passwordOf(inject("postgresDsn")),
    heartbeatSeconds: 10,
    ...more,
    engine: { migrations, ...engine },
  });
  await fleet.init();
  const settled = async (run: number) => await waitFor(fleet, run);
  return {
    ...fleet,
    control: dsn,
    sql,
    settled,
    run: async (options) => await withWorker(fleet, async () => await settled(await fleet.up(options))),
  };
}

/** The same control database, seen by another build or with another list. */
export function besides(control: string, targets: readonly TargetRow[], migrations: string): Fleet {
  const password = () => passwordOf(inject("postgresDsn"));
  return createFleet({ control, targets: () => targets, password, heartbeatSeconds: 10, engine: { migrations } });
}

async function waitFor(fleet: Fleet, run: number): Promise<RunSummary> {
  for (;;) {
    const summary = await fleet.status(run);
    if (["done", "failed", "stopped"].includes(summary.state)) return summary;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Runs work while a worker of this process is there. */
export async function withWorker<Result>(fleet: Fleet, work: (worker: Worker) => Promise<Result>): Promise<Result> {
  const worker = await fleet.work();
  try {
    return await work(worker);
  } finally {
    await worker.stop();
  }
}

export { createDatabase, withDatabaseName };
