import type { OrmOptions } from "../execute/orm-options.ts";
import type { Catalog } from "@thedata/catalog";
import { shorten } from "@thedata/catalog/sql";
import { findKept } from "./find-kept.ts";
import type { Kept } from "../models/keep.ts";
import { openModels } from "../models/open-models.ts";
import { connect } from "../postgres/connection.ts";
import { type Context, directoryOf } from "../execute/context.ts";
import { discover, type MigrationFolder } from "../history/folder.ts";
import { ConfigurationError } from "../errors.ts";
import type { Change } from "../create/find-change.ts";
import type { ProvenPart } from "./safe-parts.ts";
import { type RenderedDirection, renderBlank, renderMigration } from "../create/render.ts";
import type { RenameChoices } from "../create/settle-renames.ts";
import type { Warning } from "../create/warn.ts";
import {
  nameMigrations,
  type NewMigration,
  writeMigrations,
  type WrittenMigration,
} from "../history/write-migration.ts";
import { replay } from "../shadow/replay.ts";
import { type ShadowOptions, withShadow } from "../shadow/shadow.ts";

export { rewriteManifest } from "../history/write-migration.ts";
export type { DecideRename, RenameQuestion } from "../create/settle-renames.ts";
export type { Warning } from "../create/warn.ts";

export interface CreateOptions extends RenameChoices {
  /** What the migration does, in words: `add widgets` or `add_widgets`. */
  readonly name: string;
  /** Nothing is compared; the SQL is written by hand. */
  readonly blank?: boolean | undefined;
  /** One migration with the statements as they are, also where they keep others waiting. */
  readonly direct?: boolean | undefined;
  /** Also drops what the models do not map and no supported release does. */
  readonly contract?: boolean | undefined;
  /** Returns the text and writes nothing. */
  readonly dryRun?: boolean | undefined;
  readonly shadow: ShadowOptions;
}

/** The new migration; `file` is null when models and migrations are equal and nothing was written. */
export interface Created {
  readonly name: string | null;
  readonly file: string | null;
  readonly code: string | null;
  readonly statements: readonly string[];
  /** Tables and columns that keep their rows under another name, such as `users.mail` and `users.email`. */
  readonly renames: readonly { readonly from: string; readonly to: string }[];
  /** What `up` may lose, or fail on. */
  readonly warnings: readonly Warning[];
  /** The reason that `down` throws, where the schema cannot be restored; else null. */
  readonly irreversible: string | null;
  /** Every migration of the change, oldest first: several where a live table needs several transactions. */
  readonly parts: readonly CreatedPart[];
}

/** One migration of a change. */
export interface CreatedPart extends WrittenMigration {
  /** Why it is a migration of its own, in one sentence; null: it is the change, or the rest of it. */
  readonly why: string | null;
}

const nothing: Created = {
  name: null,
  file: null,
  code: null,
  statements: [],
  renames: [],
  warnings: [],
  irreversible: null,
  parts: [],
};

/**
 * Writes a migration from the difference between models and migrations, and the manifest with it. Throws a
 * `MigratorError` (refused) for an undecided rename, or where another migration was written meanwhile.
 */
export async function create(context: Context, options: CreateOptions): Promise<Created> {
  const { toWords } = await import("../create/to-words.ts");
  const words = toWords(options.name);
  const folder = await discover(directoryOf(context));
  if (options.blank) return await write(folder, options, [{ words, render: renderBlank }], nothing);
  const change = await findChangeOnShadow(context, folder, options);
  if (change.up.length === 0) return nothing;
  const renames = change.renames.map(({ from, to }) => ({ from: shorten(from), to: shorten(to) }));
  const [up, down] = await warnOf(change);
  const found = { ...nothing, statements: change.up, renames, warnings: up.warnings, irreversible: down.never ?? null };
  const parts = options.direct ? undefined : await makeParts(context, folder, options, change);
  if (!parts)
    return await write(
      folder,
      options,
      [{ words, render: (name) => renderMigration(name, up, down), madeFrom: folder }],
      found,
    );
  const migrations = await Promise.all(
    parts.map(
      async (part, index) => await toMigration(part, parts.length > 1 ? `${words}_${index + 1}` : words, folder),
    ),
  );
  const statements = parts.flatMap((part) => part.statements);
  return await write(folder, options, migrations, { ...found, statements });
}

type Numbered = NewMigration & { readonly why?: string | undefined };

export async function toMigration(part: ProvenPart, words: string, folder: MigrationFolder): Promise<Numbered> {
  const { statements, down, before, after, transactional, why, backfill, allowed = [] } = part;
  const [found, back] = await warnOf({ up: statements, down, renamed: before, after });
  const up = { ...found, warnings: [...found.warnings, ...allowed] };
  return {
    words,
    why,
    render: (name) => renderMigration(name, up, back, { transactional, why, backfill }),
    madeFrom: folder,
  };
}

/** The change as a safe sequence that was run on a shadow; undefined: it is one migration as it is. */
async function makeParts(
  context: Context,
  folder: MigrationFolder,
  { shadow }: CreateOptions,
  change: Change,
): Promise<readonly ProvenPart[] | undefined> {
  const { planSafely, proveParts } = await import("./safe-parts.ts");
  // One migration says why it cannot be reverted.
  const planned = "never" in change.down ? undefined : await planSafely(change);
  if (!planned) return undefined;
  return await withShadow(shadow, async (dsn) => {
    await replay(context, folder, dsn);
    const { query, close } = await connect(dsn, "migrator shadow");
    return await proveParts(query, context.ledger, planned, change).finally(close);
  });
}

async function write(
  folder: MigrationFolder,
  { dryRun }: CreateOptions,
  migrations: readonly Numbered[],
  found: Created,
): Promise<Created> {
  const written = dryRun ? nameMigrations(folder, migrations) : await writeMigrations(folder.directory, migrations);
  const parts = written.map((one, index) => ({ ...one, why: migrations[index]?.why ?? null }));
  const [first] = written;
  return { ...found, ...first, parts };
}

async function findChangeOnShadow(context: Context, folder: MigrationFolder, options: CreateOptions): Promise<Change> {
  const ormOptions = await context.loadOrmOptions();
  if (!ormOptions)
    throw new ConfigurationError(
      `"create" compares models with migrations, and no models are configured: name them in migrator.config.ts ("models"), or use --blank`,
    );
  return await withShadow(options.shadow, async (dsn) => {
    await replay(context, folder, dsn);
    return await findChangeAt(dsn, context, ormOptions, options, await findKept(context, options.contract));
  });
}

async function findChangeAt(
  dsn: string,
  { ledger }: Context,
  ormOptions: OrmOptions,
  choices: RenameChoices,
  kept: Kept | undefined,
): Promise<Change> {
  const { findChange } = await import("../create/find-change.ts");
  const connection = await connect(dsn, "migrator shadow");
  const models = await openModels(ormOptions, dsn, ledger);
  try {
    return await findChange({ query: connection.query, ledger, models, kept }, choices);
  } finally {
    await models.close();
    await connection.close();
  }
}

/** Both directions, each with the warnings about its statements. */
export async function warnOf({
  up,
  down,
  renamed,
  after,
}: Pick<Change, "up" | "down" | "renamed" | "after">): Promise<[RenderedDirection, RenderedDirection]> {
  const { findWarnings } = await import("../create/warn.ts");
  const direct = async (statements: readonly string[], from: Catalog, to: Catalog): Promise<RenderedDirection> => ({
    statements,
    warnings: await findWarnings(statements, { before: from, after: to }),
  });
  const back =
    "never" in down ? { statements: [], warnings: [], never: down.never } : await direct(down, after, renamed);
  return [await direct(up, renamed, after), back];
}
