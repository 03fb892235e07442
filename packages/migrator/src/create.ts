import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { compareModels, type ModelDifference } from "./compare-models.ts";
import type { Context } from "./context.ts";
import { discover, listFiles, type MigrationFolder } from "./discover.ts";
import { ConfigurationError } from "./errors.ts";
import { loadMigration } from "./load.ts";
import { buildManifest, readManifest, writeManifest } from "./manifest.ts";
import { replay } from "./replay.ts";
import { nextStamp } from "./resolve-target.ts";
import { type ShadowOptions, withShadow } from "./shadow.ts";

export interface CreateOptions {
  /** What the migration does, in words: `add widgets` or `add_widgets`. */
  readonly name: string;
  /** Nothing is compared; the SQL is written by hand. */
  readonly blank?: boolean | undefined;
  /** Gives the text and writes nothing. */
  readonly dryRun?: boolean | undefined;
  readonly shadow: ShadowOptions;
}

/** The new migration; `file` is null when models and migrations are equal and nothing was written. */
export interface Created {
  readonly name: string | null;
  readonly file: string | null;
  readonly code: string | null;
  readonly statements: readonly string[];
}

/** Writes a migration from the difference between models and migrations, and the manifest with it. */
export async function create(context: Context, options: CreateOptions): Promise<Created> {
  const words = toSnakeCase(options.name);
  const folder = await discover(context.directory);
  const difference = options.blank ? { up: [], down: [] } : await findDifference(context, folder, options.shadow);
  if (!options.blank && difference.up.length === 0) return { name: null, file: null, code: null, statements: [] };
  const name = `Migration${nextStamp(folder.files)}_${words}`;
  const code = options.blank ? renderBlank(name) : render(name, difference);
  const created = { name, file: path.join(folder.directory, `${name}.ts`), code, statements: difference.up };
  if (!options.dryRun) await write(folder, created);
  return created;
}

function toSnakeCase(name: string): string {
  const words = name
    .trim()
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  if (words === "" || words.length > 100)
    throw new ConfigurationError(
      `"${name}" does not name a migration: say in a few words of letters and digits what it does, such as add_widgets`,
    );
  return words;
}

async function findDifference(
  context: Context,
  folder: MigrationFolder,
  shadow: ShadowOptions,
): Promise<ModelDifference> {
  const ormOptions = await context.loadOrmOptions();
  if (!ormOptions)
    throw new ConfigurationError(
      `"create" compares models with migrations, and no models are configured: name them in migrator.config.ts ("models"), or use --blank`,
    );
  return await withShadow(shadow, async (dsn) => {
    await replay(context, folder, dsn);
    return await compareModels(ormOptions, dsn, context.ledger);
  });
}

function render(name: string, { up, down }: ModelDifference): string {
  return `${head(name)}
  override async up(): Promise<void> {
${up.map(renderStatement).join("\n")}
  }

  override async down(): Promise<void> {
${down.map(renderStatement).join("\n")}
  }
}
`;
}

function renderBlank(name: string): string {
  return `${head(name)}
  override async up(): Promise<void> {
    // this.addSql(\`...\`);
  }

  override async down(): Promise<void> {
    // this.addSql(\`...\`);
  }
}
`;
}

function head(name: string): string {
  return `import { Migration } from "@mikro-orm/migrations";

export class ${name} extends Migration {
  override name = "${name}";
`;
}

function renderStatement(sql: string): string {
  return `    this.addSql(\`${sql.replaceAll(/[`\\]|\$\{/g, "\\$&")}\`);`;
}

/** Writes the file, then the manifest; when the manifest cannot be written, the file goes again. */
async function write(
  folder: MigrationFolder,
  { name, file, code }: { name: string; file: string; code: string },
): Promise<void> {
  await writeFile(file, code, { flag: "wx", flush: true });
  try {
    if (folder.manifest || folder.files.length === 0) await appendToManifest(folder, { name, path: file });
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

async function appendToManifest({ directory }: MigrationFolder, file: { name: string; path: string }): Promise<void> {
  const before = (await readManifest(directory))?.migrations ?? [];
  const { name, checksum } = await loadMigration(file);
  await writeManifest(directory, buildManifest([...before, { name, checksum }]));
}

/** Writes the manifest of a folder anew, from its files as they are now. Gives how many migrations it lists. */
export async function rewriteManifest(directory: string): Promise<number> {
  const files = await listFiles(directory);
  const entries = await Promise.all(files.map(loadMigration));
  await writeManifest(directory, buildManifest(entries));
  return entries.length;
}
