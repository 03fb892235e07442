import type { Direction } from "../report.ts";
import { pathToFileURL } from "node:url";
import { type ListedMigration, type MigrationFile, readSource } from "./folder.ts";
import { BrokenMigrationError } from "../errors.ts";
import { type Backfill, readBackfill } from "./backfill.ts";
import { evaluate } from "./evaluate.ts";
import { findCodePlace } from "./code-place.ts";
import { readDeclaredLosses } from "./declared-losses.ts";
import { sha256 } from "../hash.ts";
import { findTransactionControl, leadingWords, splitCommands } from "@thedata/catalog/sql";
import { isSqlFile, readSqlFile, type SqlScript } from "./sql-file.ts";
import { collect, type Create, noDatabase, type Script } from "./collect.ts";
import { IrreversibleMigration, type MigrationDriver, type RecordedMigration, standInFor } from "./migration-class.ts";

/** A migration whose file was read. */
export interface LoadedMigration {
  readonly name: string;
  readonly transactional: boolean;
  readonly up: Script;
  /** Null: it cannot be reverted. */
  readonly down: Script | null;
  /** Why it cannot be reverted, when its `down` throws a reason; null when it has no `down`, or one that works. */
  readonly irreversible: string | null;
  /** The directions that the file declares to have nothing to do: `@noop up`, `@noop down` in a comment. */
  readonly noop: ReadonlySet<string>;
  /** What it declares to lose, by `@loses` in a comment: `users.legacy`. */
  readonly losses: readonly string[];
  /** SHA-256 of the statements of both directions, in hexadecimal: the same for TypeScript and built JavaScript. */
  readonly checksum: string;
  /** The change that runs in batches, where the class declares one. */
  readonly backfill: Backfill | null;
  /** Makes an instance, for code that computes its statements; throws where neither direction does. */
  readonly create: Create;
}

/** What the checks need to know of a migration's file; null: not read. */
export interface KnownMigration {
  readonly name: string;
  readonly checksum: string | null;
  readonly reversible: boolean | null;
  /** Why it cannot be reverted, when its `down` says so. */
  readonly irreversible?: string | null;
}

/** The script of a direction; an empty one where there is no `down`. */
export function scriptOf(migration: Pick<LoadedMigration, "up" | "down">, direction: Direction): Script {
  return (direction === "up" ? migration.up : migration.down) ?? { statements: [], computed: false };
}

type MigrationClass = new (driver: MigrationDriver, config: unknown) => RecordedMigration;

/** Reads a migration's file and collects its statements. Throws a `BrokenMigrationError` that names what is wrong. */
export async function loadMigration(file: MigrationFile): Promise<LoadedMigration> {
  return (await loadFromSource(file, readSource(file).toString())).migration;
}

/**
 * Reads a migration from `source`, its file's text; `known`: an earlier run found it self-contained. Throws a
 * `BrokenMigrationError`.
 */
export async function loadFromSource(
  file: MigrationFile,
  source: string,
  known = false,
): Promise<{ migration: LoadedMigration; selfContained: boolean }> {
  if (file.listed) return { migration: await loadListed(file, file.listed), selfContained: false };
  if (isSqlFile(file)) return loadSqlFile(file, source);
  const { module, selfContained } = evaluate(file.path, source, known);
  if (module) {
    const migration = await collectAll(file, module, source).catch(() => undefined);
    if (migration) return { migration, selfContained };
  }
  return { migration: await collectAll(file, await importFile(file), source), selfContained };
}

async function loadListed(file: MigrationFile, listed: ListedMigration): Promise<LoadedMigration> {
  if ("class" in listed) return await collectAll(file, { listed: listed.class }, "");
  const { up, down = null, transactional = true } = listed;
  return loadSql(file, { up, down, transactional }, "");
}

function loadSqlFile(file: MigrationFile, source: string): { migration: LoadedMigration; selfContained: boolean } {
  const script = readSqlFile(file, source);
  return { migration: loadSql(file, script, source), selfContained: script.selfContained };
}

function loadSql(
  file: MigrationFile,
  { up, down, transactional }: Pick<SqlScript, "up" | "down" | "transactional">,
  source: string,
): LoadedMigration {
  refuseCommands(file, [...up, ...(down ?? [])], transactional);
  const scripts = { up: toScript(up), down: down && toScript(down) };
  const checksum = checksumOf(scripts.up, scripts.down);
  return {
    name: file.name,
    transactional,
    ...scripts,
    irreversible: null,
    ...readMarks(source),
    checksum,
    backfill: null,
    create: noCode,
  };
}

function toScript(statements: readonly string[]): Script {
  return { statements, computed: false };
}

async function collectAll(
  file: MigrationFile,
  module: Record<string, unknown>,
  source: string,
): Promise<LoadedMigration> {
  const Class = findClass(file, module);
  const make = (driver: MigrationDriver, config: unknown) => new Class(driver, config);
  const up = await collectUp(file, make);
  const { down, irreversible } = await collectDown(make);
  const instance = make(noDatabase, noDatabase);
  const transactional = instance.isTransactional();
  const statements = [...up.statements, ...(down?.statements ?? [])];
  refuseCommands(file, statements, transactional);
  const backfill = declaredBackfill(file, instance, up.statements);
  // Only a class that computes is needed again: of 10,000 others, nothing but their statements stays in memory.
  const create = up.computed || down?.computed ? make : noCode;
  const checksum = checksumOf(up, down);
  const marks = readMarks(source);
  return { name: file.name, transactional, up, down, irreversible, ...marks, checksum, backfill, create };
}

function declaredBackfill(file: Place, instance: RecordedMigration, statements: readonly string[]): Backfill | null {
  const own = (instance as { backfill?: unknown }).backfill;
  const declared = own ?? (instance.constructor as { backfill?: unknown }).backfill;
  try {
    return readBackfill(declared, statements, instance.isTransactional());
  } catch (error) {
    throw new BrokenMigrationError(file.name, `${file.path}: ${toError(error).message}`);
  }
}

/** What the comments of a migration's file say to the runner. */
function readMarks(source: string): Pick<LoadedMigration, "noop" | "losses"> {
  return { noop: readNoop(source), losses: readDeclaredLosses(source) };
}

const noCode = (): never => {
  throw new Error("this migration computes nothing");
};

/** The directions that a migration's file declares to have nothing to do: a comment says `@noop up` or `@noop down`. */
export function readNoop(source: string): ReadonlySet<string> {
  return new Set(Array.from(source.matchAll(/@noop[ \t]+(up|down)\b/g), ([, direction = ""]) => direction));
}

type Place = Pick<MigrationFile, "name" | "path">;

/** Throws a `BrokenMigrationError` for commands that the runner cannot send, or that would end its transaction. */
export function refuseCommands(file: Place, statements: readonly string[], transactional: boolean): void {
  if (transactional) refuseTransactionControl(file, statements);
  refuseCopyFromClient(file, statements);
}

function refuseTransactionControl(file: Place, statements: readonly string[]): void {
  const found = statements.map(findTransactionControl).find((command) => command !== undefined);
  if (!found) return;
  throw new BrokenMigrationError(
    file.name,
    `${file.path} sends "${found.sql}", but the runner owns the transaction, so that a migration and its ledger row commit together: remove that command, or ${wayOutside(file)}`,
  );
}

function wayOutside(file: Place): string {
  return isSqlFile(file) ? `write "-- migrate:up transaction:false"` : "let isTransactional() return false";
}

/** The first command that takes rows from the client, which the runner cannot send. */
export function findCopyFromClient(statements: readonly string[]): { readonly sql: string } | undefined {
  return statements.flatMap(splitCommands).find((command) => {
    if (leadingWords(command, 1)[0] !== "copy") return false;
    return /\bfrom\s+stdin\b/i.test(command.sql);
  });
}

/** The server would wait for rows that nobody sends. */
function refuseCopyFromClient(file: Place, statements: readonly string[]): void {
  const found = findCopyFromClient(statements);
  if (!found) return;
  throw new BrokenMigrationError(
    file.name,
    `${file.path} sends "${found.sql.slice(0, 80)}", but a migration cannot send rows to COPY FROM STDIN: use INSERT, or COPY from a file on the server`,
  );
}

async function importFile(file: MigrationFile): Promise<Record<string, unknown>> {
  standInFor(file.path);
  try {
    return (await import(pathToFileURL(file.path).href)) as Record<string, unknown>;
  } catch (cause) {
    throw describeBroken(file, `${file.path} cannot be loaded`, toError(cause));
  }
}

/** The first line of a message; with the next one where a colon announces it, as esbuild writes its errors. */
function firstSentence(text: string): string {
  const [first = "", next = ""] = text.split("\n");
  return first.endsWith(":") && next !== "" ? `${first} ${next.trim()}` : first;
}

/** An error of a migration's code, with the place in its file. */
function describeBroken(file: MigrationFile, what: string, cause: Error): BrokenMigrationError {
  const place = findCodePlace(cause, file.path, readSource(file).toString());
  const where = place ? ` (${file.path}:${place.line}:${place.column})` : "";
  const message = firstSentence(cause.message);
  return new BrokenMigrationError(file.name, `${what}: ${cause.name}: ${message}${where}`, {
    cause,
    line: place?.line,
  });
}

function findClass(file: MigrationFile, module: Record<string, unknown>): MigrationClass {
  const classes = new Set([...Object.values(module), ...commonJsExports(module)].filter(isMigrationClass));
  const [found, second] = classes;
  if (!found) throw new BrokenMigrationError(file.name, `${file.path} exports no class that extends Migration`);
  if (second)
    throw new BrokenMigrationError(
      file.name,
      `${file.path} exports ${classes.size} migrations (${[...classes].map((c) => c.name).join(", ")}): put each in its own file`,
    );
  return found;
}

function commonJsExports(module: Record<string, unknown>): unknown[] {
  return typeof module["default"] === "object" && module["default"] !== null ? Object.values(module["default"]) : [];
}

function isMigrationClass(value: unknown): value is MigrationClass {
  if (typeof value !== "function") return false;
  const prototype = value.prototype as Partial<RecordedMigration> | undefined;
  return typeof prototype?.up === "function" && typeof prototype.addSql === "function";
}

/** JavaScript can throw anything. */
function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

async function collectUp(file: MigrationFile, create: Create): Promise<Script> {
  try {
    return await collect(create, "up");
  } catch (cause) {
    throw describeBroken(file, `up() of ${file.path} fails before it reaches the database`, toError(cause));
  }
}

/** A `down` that throws declares that there is no way back, and its message says why. */
async function collectDown(create: Create): Promise<{ down: Script | null; irreversible: string | null }> {
  try {
    return { down: await collect(create, "down"), irreversible: null };
  } catch (error) {
    // Compared by message: a folder with its own copy of MikroORM's class throws that copy's error.
    const undeclared = toError(error).message === new IrreversibleMigration().message;
    return { down: null, irreversible: undeclared ? null : toError(error).message };
  }
}

function checksumOf(up: Script, down: Script | null): string {
  const statements = { up: up.statements, down: down?.statements ?? null };
  return sha256(JSON.stringify(statements));
}
