import { type Catalog, readCatalog } from "@thedata/catalog";
import path from "node:path";
import { type Context, directoryOf } from "../execute/context.ts";
import { RefusedError } from "../errors.ts";
import { renderMigration } from "../create/render.ts";
import type { Warning } from "../create/warn.ts";
import { type Comments, readComments } from "../history/comments.ts";
import { discover, type MigrationFile, type MigrationFolder, readSource } from "../history/folder.ts";
import { type LoadedMigration, loadMigration } from "../history/load.ts";
import { compareNames, versionOf } from "../history/version.ts";
import { replaceMigration, type WrittenMigration } from "../history/write-migration.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import { connect } from "../postgres/connection.ts";
import { replay } from "../shadow/replay.ts";
import { type ShadowOptions, shadowApplication, withShadow } from "../shadow/shadow.ts";
import { warnOf } from "./create.ts";
import { refuseApplied } from "./rebase.ts";
import { planSafely, type ProvenPart, proveParts } from "./safe-parts.ts";

export interface FixOptions {
  readonly shadow: ShadowOptions;
  /** Called with what is about to be written. */
  readonly onPlanned?: ((planned: Fixed) => void) | undefined;
  /** Writes nothing. */
  readonly dryRun?: boolean | undefined;
}

/** A migration, and the safe sequence in its place. */
export interface Fixed {
  readonly migration: string;
  readonly file: string;
  /** Its statements as they were. */
  readonly statements: readonly string[];
  readonly parts: readonly FixedPart[];
}

/** One migration of the sequence. */
export interface FixedPart extends WrittenMigration {
  readonly statements: readonly string[];
  /** False: each statement is a transaction of its own. */
  readonly transactional: boolean;
  readonly why: string | null;
}

/**
 * Puts the safe sequence in the place of a migration that no database has: files, classes and manifest together or not
 * at all, once a shadow has shown that it ends in the same schema and comes back. Undefined: it is safe as it is, or has
 * no safe form. Throws a `MigratorError` where it cannot, and then nothing has changed.
 */
export async function fixMigration(context: Context, given: string, options: FixOptions): Promise<Fixed | undefined> {
  const folder = await discover(directoryOf(context));
  const names = folder.files.map(({ name }) => name);
  const file = folder.files[names.indexOf(resolveTarget(given, names))] as MigrationFile;
  const migration = await loadMigration(file);
  if (context.dsn) await refuseApplied(context, file.name);
  const parts = await findParts(context, folder, migration, options.shadow);
  if (!parts) return undefined;
  await refuseOwnCode(file, migration);
  const source = readSource(file).toString();
  const comments = readComments(source, migration.up.statements);
  const fixed = await Promise.all(
    nameParts(folder, file, parts).map(async ({ name, part }): Promise<FixedPart> => {
      const { statements, transactional, why = null } = part;
      const code = await render(name, part, { migration, comments, parts });
      return { name, file: path.join(folder.directory, `${name}.ts`), code, statements, transactional, why };
    }),
  );
  const planned = { migration: file.name, file: file.path, statements: migration.up.statements, parts: fixed };
  options.onPlanned?.(planned);
  if (!options.dryRun) await replaceMigration(folder, { file, source }, fixed);
  return planned;
}

/** The sequence, as a shadow has proved it; undefined: there is none. */
async function findParts(
  context: Context,
  folder: MigrationFolder,
  { name, up, transactional }: LoadedMigration,
  shadow: ShadowOptions,
): Promise<readonly ProvenPart[] | undefined> {
  if (up.computed || !transactional) return undefined;
  const after = await withShadow(shadow, async (dsn) => await catalogAt(context, folder, dsn, name));
  return await withShadow(shadow, async (dsn) => {
    const names = folder.files.map((file) => file.name);
    const before = await catalogAt(context, folder, dsn, names[names.indexOf(name) - 1]);
    const planned = await planSafely({ up: up.statements, before });
    if (!planned) return undefined;
    const { query, close } = await connect(dsn, shadowApplication);
    const proven = await proveParts(query, context.ledger, planned, { after }).finally(close);
    if (proven) return proven;
    throw new RefusedError(
      `The safe form of ${name} does not end in the same schema, or does not come back from there: split it by hand. Nothing was changed`,
    );
  });
}

async function catalogAt(
  context: Context,
  folder: MigrationFolder,
  dsn: string,
  to: string | undefined,
): Promise<Catalog> {
  if (to !== undefined) await replay(context, folder, dsn, to);
  const { query, close } = await connect(dsn, shadowApplication);
  return await readCatalog(query, scopeOf(context.ledger)).finally(close);
}

/** What cannot be carried over into files that are rendered anew. */
async function refuseOwnCode(file: MigrationFile, { name, down }: LoadedMigration): Promise<void> {
  const refuse = (why: string) => new RefusedError(`${name} ${why}: split it by hand. Nothing was changed`);
  if (!file.path.endsWith(".ts")) throw refuse("is no TypeScript class, which is what lint --fix writes");
  if (down?.computed) throw refuse("computes its down while it runs");
  const { changesRows } = await import("@thedata/safety");
  if (down?.statements.some(changesRows))
    throw refuse("changes rows in its down, which a safe sequence would not know where to put");
}

/** The names of the sequence, numbered, from the migration's own version on; all before the next migration. */
function nameParts({ files }: MigrationFolder, { name }: MigrationFile, parts: readonly ProvenPart[]) {
  const version = versionOf(name);
  const [head = "", words = ""] = version === undefined ? [] : name.split(new RegExp(`${version}_?`));
  if (version === undefined || head !== "Migration")
    throw new RefusedError(
      `${name} has no time stamp in its name that its parts could go on from. Nothing was changed`,
    );
  const named = parts.map((part, index) => {
    const stamp = String(BigInt(version) + BigInt(index)).padStart(version.length, "0");
    const number = parts.length === 1 ? "safe" : String(index + 1);
    return { name: `Migration${stamp}_${words === "" ? number : `${words}_${number}`}`, part };
  });
  const next = files[files.findIndex((one) => one.name === name) + 1]?.name;
  if (next !== undefined && compareNames(named.at(-1)?.name ?? "", next) >= 0)
    throw new RefusedError(
      `${parts.length} migrations do not fit between ${name} and ${next}: move it first with "migrator rebase ${name}". Nothing was changed`,
    );
  return named;
}

/** What the sequence is made of. */
interface Sequence {
  readonly migration: LoadedMigration;
  readonly comments: Comments;
  readonly parts: readonly ProvenPart[];
}

async function render(name: string, part: ProvenPart, sequence: Sequence): Promise<string> {
  const { statements, down, before, after, transactional, backfill, allowed = [] } = part;
  const [up, back] = await warnOf({ up: statements, down, renamed: before, after });
  const isLast = part === sequence.parts.at(-1);
  return renderMigration(
    name,
    { ...up, warnings: [...keptComments(part, sequence), ...up.warnings, ...allowed] },
    { ...back, never: isLast ? (sequence.migration.irreversible ?? undefined) : undefined },
    { transactional, backfill, why: notesOf(part, sequence) },
  );
}

const linesOf = (text: string | undefined) =>
  (text ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** The comments of the statements that stay as they were. */
function keptComments({ statements }: ProvenPart, { migration, comments }: Sequence): Warning[] {
  return statements.flatMap((statement) => {
    const message = comments.above[migration.up.statements.indexOf(statement)];
    return linesOf(message).map((line) => ({ statement, message: line }));
  });
}

/** The comment of the class: why it is one, and in the first the comments that have lost their statements. */
function notesOf(part: ProvenPart, { migration, comments, parts }: Sequence): string | undefined {
  const left = new Set(parts.flatMap(({ statements }) => statements));
  const gone = migration.up.statements.flatMap((sql, index) => (left.has(sql) ? [] : linesOf(comments.above[index])));
  const others = comments.others.flatMap(linesOf);
  // What the linter was to pass over is not there any more.
  const notes = part === parts[0] ? [...others, ...gone].filter((line) => !line.startsWith("lint:")) : [];
  return [...notes, ...(part.why === undefined ? [] : [part.why])].join("\n") || undefined;
}
