import type { Finding, LintedMigration, Schema, Severity, Statistics } from "@thedata/safety";
import { readCatalog } from "@thedata/catalog";
import { type Context, wholeOf } from "../execute/context.ts";
import { withConnection } from "../execute/session.ts";
import { ConfigurationError, ConnectionError } from "../errors.ts";
import { readSource } from "../history/folder.ts";
import { type History, openHistory } from "../history/history.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";
import { readLedger } from "../ledger/ledger.ts";
import type { Script } from "../history/collect.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import { connect, type DatabaseAddress, type Query } from "../postgres/connection.ts";
import { replay } from "../shadow/replay.ts";
import { type ShadowOptions, shadowApplication, withShadow } from "../shadow/shadow.ts";

/** What a lint is to look at, and how. */
export interface LintProjectOptions {
  /** Only these, each as its own deployment. Else what the database at hand has not applied, else all as one run. */
  readonly names?: readonly string[] | undefined;
  /** Undefined: what came before is replayed from its statements alone, without a server. */
  readonly shadow: ShadowOptions | undefined;
  /** Severities by rule; `off` silences one. */
  readonly rules?: Readonly<Record<string, Severity | "off">> | undefined;
  readonly statistics?: Statistics | undefined;
}

/** A finding, with the file that it is in. */
export interface PlacedFinding extends Finding {
  /** An absolute path; null: the migration is in no file. */
  readonly file: string | null;
}

/** What the linter found in which migrations; "refused" where something is an error. */
export interface LintReport {
  readonly outcome: "ok" | "refused";
  /** The migrations that were looked at, oldest first. */
  readonly migrations: readonly string[];
  readonly findings: readonly PlacedFinding[];
  /** How the migrations were chosen, where nobody named them. */
  readonly chosen: "named" | "pending" | "all";
}

/**
 * Lints migrations on the schema as it stands before them. Changes nothing. Throws a `MigratorError` where a file does
 * not load, a name fits none, or no shadow can be created.
 */
export async function lintProject(context: Context, options: LintProjectOptions): Promise<LintReport> {
  const history = await openHistory(wholeOf(context));
  const { names, chosen } = await choose(context, history, options.names);
  const groups = chosen === "named" ? names.map((name) => [name]) : [names];
  const findings: Finding[] = [];
  for (const group of groups) findings.push(...(await lintGroup(context, history, group, options)));
  return toReport(history, names, chosen, findings);
}

function toReport(
  history: History,
  names: readonly string[],
  chosen: LintReport["chosen"],
  findings: readonly Finding[],
): LintReport {
  const files = new Map(history.folder.files.map(({ name, path, listed }) => [name, listed ? null : path]));
  const placed = findings.map((finding) => ({ ...finding, file: files.get(finding.migration) ?? null }));
  const outcome = findings.some(({ severity }) => severity === "error") ? "refused" : "ok";
  return { outcome, migrations: names, findings: placed, chosen };
}

async function choose(
  context: Context,
  history: History,
  given: readonly string[] = [],
): Promise<{ names: string[]; chosen: LintReport["chosen"] }> {
  const all = history.folder.files.map(({ name }) => name);
  if (given.length > 0) {
    const named = new Set(given.map((name) => resolveTarget(name, all)));
    return { names: all.filter((name) => named.has(name)), chosen: "named" };
  }
  const applied = await readApplied(context);
  if (applied === undefined || applied.size === 0) return { names: all, chosen: "all" };
  return { names: all.filter((name) => !applied.has(name)), chosen: "pending" };
}

/** What the database at hand has applied; undefined where there is none that answers. */
async function readApplied(context: Context): Promise<Set<string> | undefined> {
  if (context.dsn === "") return undefined;
  try {
    const rows = await withConnection(context, async ({ query }) => await readLedger(query, context.ledger));
    return new Set(rows.map(({ name }) => name));
  } catch (error) {
    if (error instanceof ConnectionError) return undefined;
    throw error;
  }
}

/** Lints migrations as one run, on what the history before the first of them makes. */
async function lintGroup(
  context: Context,
  history: History,
  names: readonly string[],
  options: LintProjectOptions,
): Promise<Finding[]> {
  const { lint, loadParser } = await import("@thedata/safety");
  await loadParser();
  const [first] = names;
  if (first === undefined) return [];
  const state = await stateBefore(context, history, first, options.shadow);
  const migrations = await toLinted(history, names);
  const server = await serverOf(context);
  return lint(migrations, { ...options, state, settings: { ...lockSettings(context), ...server } });
}

/** Reads migrations as the linter takes them: their `up`. */
export async function toLinted(history: History, names: readonly string[]): Promise<LintedMigration[]> {
  const files = new Map(history.folder.files.map((file) => [file.name, file]));
  const linted: LintedMigration[] = [];
  for (const name of names) {
    const { up, transactional, backfill } = await history.load(name);
    const file = files.get(name);
    const source = file && !file.listed ? readSource(file).toString() : "";
    const { statements, computed } = up;
    linted.push({ name, statements, computed, transactional, batched: backfill !== null, source });
  }
  return linted;
}

/** The statements of migrations' `up`, and whether they are all. */
async function readUps(history: History, names: readonly string[]): Promise<Script[]> {
  const scripts: Script[] = [];
  for (const name of names) scripts.push((await history.load(name)).up);
  return scripts;
}

/** The time-outs that `up` sets. */
export function lockSettings({ lockTimeoutMs, statementTimeoutMs }: Context) {
  return { lockTimeoutMs, statementTimeoutMs };
}

/** What the server at hand says of itself; PostgreSQL 18 where there is none. */
async function serverOf(context: Context): Promise<{ timeZone: string | undefined; server: number }> {
  const unknown = { timeZone: undefined, server: 18 };
  if (context.dsn === "") return unknown;
  try {
    return await withConnection(context, async ({ query }) => await readServer(query));
  } catch (error) {
    if (error instanceof ConnectionError) return unknown;
    throw error;
  }
}

/** A server's version and the session's time zone, by which types are judged. */
export async function readServer(query: Query): Promise<{ timeZone: string | undefined; server: number }> {
  const [row] = await query<{ zone: string; version: number }>(
    "select current_setting('TimeZone') as zone, current_setting('server_version_num')::int / 10000 as version",
  );
  return { timeZone: row?.zone, server: row?.version ?? 18 };
}

async function stateBefore(
  context: Context,
  history: History,
  first: string,
  shadow: ShadowOptions | undefined,
): Promise<Schema> {
  const { replay: replayStatements, Schema, settle } = await import("@thedata/safety");
  const all = history.folder.files.map(({ name }) => name);
  const before = all.slice(0, all.indexOf(first));
  if (before.length === 0) return new Schema(true);
  if (shadow)
    return await withShadow(shadow, async (dsn) => {
      await replay(context, history.folder, dsn, before.at(-1));
      return await readState(dsn, context);
    });
  const schema = new Schema(true);
  // What code did that nobody can read may have made anything.
  schema.isComplete = replayStatements(await readUps(history, before), schema);
  return settle(schema);
}

/** The schema of a database as the linter takes it. */
export async function readState(dsn: DatabaseAddress, context: Context): Promise<Schema> {
  const { query, close } = await connect(dsn, shadowApplication);
  return await stateOf(query, context).finally(close);
}

/** The schema at hand as the linter takes it, without the ledger's tables. */
export async function stateOf(query: Query, context: Context): Promise<Schema> {
  const { readVolatility, schemaOf, loadParser } = await import("@thedata/safety");
  await loadParser();
  const schema = schemaOf(await readCatalog(query, scopeOf(context.ledger)));
  for (const [name, volatility] of await readVolatility(query)) schema.volatility.set(name, volatility);
  return schema;
}

/** Reads a database's statistics: sizes and counts, nothing of the rows. Throws a `ConfigurationError` for a bad address. */
export async function readTableStatistics(dsn: DatabaseAddress): Promise<Statistics> {
  if (dsn === "") throw new ConfigurationError("No database is configured whose statistics could be read");
  const { readStatistics } = await import("@thedata/safety");
  const { query, close } = await connect(dsn, "migrator stats");
  return await readStatistics(query).finally(close);
}
