import { exec } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { ConfigurationError } from "@thedata/migrator";
import { connect } from "@thedata/migrator/postgres";
import { checkRows, type CheckedList } from "./check-rows.ts";
import type { TargetRow } from "./target.ts";

/**
 * Where the list of targets comes from: a file (`.csv` with a line of names, `.json` with a list), a query, a command
 * that prints either, or a function. A row has `dsn`, and may have `id`, `schema`, `server`, `wave` and labels.
 */
export type TargetSource =
  | string
  | { readonly sql: string; readonly dsn: string | (() => string | Promise<string>) }
  | { readonly command: string }
  | (() => readonly TargetRow[] | Promise<readonly TargetRow[]>);

/** Reads the list. Throws a `ConfigurationError` where it cannot be had. */
export async function readTargets(source: TargetSource): Promise<CheckedList> {
  return checkRows(await readRows(source));
}

async function readRows(source: TargetSource): Promise<readonly TargetRow[]> {
  if (typeof source === "function")
    return await explain("The function of the targets fails", async () => await source());
  if (typeof source === "string")
    return await explain(
      `The list of targets ${source} cannot be read`,
      async () => await parse(await readFile(source, "utf8")),
    );
  if ("command" in source)
    return await explain("The command of the targets fails", async () => await parse(await run(source.command)));
  return await explain("The query of the targets fails", async () => await query(source.sql, source.dsn));
}

async function explain<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw new ConfigurationError(`${what}: ${(cause as Error).message.split("\n")[0]}`, { cause });
  }
}

async function parse(file: string): Promise<readonly TargetRow[]> {
  // Windows' editors begin a file with a byte order mark.
  const text = file.replace(/^\uFEFF/, "");
  if (/^\s*[[{]/.test(text)) {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.every((one) => typeof one === "object" && one !== null)) return list as TargetRow[];
    throw new Error("it is not a list of objects");
  }
  const { parse: parseCsv } = await import("csv-parse/sync");
  return parseCsv(text, { columns: true, skip_empty_lines: true, trim: true });
}

async function run(command: string): Promise<string> {
  const { stdout } = await promisify(exec)(command, { maxBuffer: 2 ** 30 }).catch((error: unknown) => {
    // The command itself, and what it printed, may be a secret.
    throw new Error(`it ended with exit code ${String((error as { code?: unknown }).code)}`);
  });
  return stdout;
}

async function query(sql: string, dsn: string | (() => string | Promise<string>)): Promise<readonly TargetRow[]> {
  const session = await connect(typeof dsn === "function" ? await dsn() : dsn, "migrator fleet targets");
  try {
    await session.query("set default_transaction_read_only = on");
    return await session.query<TargetRow>(sql);
  } finally {
    await session.close();
  }
}
