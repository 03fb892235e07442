import { existsSync } from "node:fs";
import { mkdir, readdir, symlink, utimes, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { type Migration, sourceOf } from "./migration.ts";

/** A user's project folder: migrations and installed packages. */
export interface Project {
  readonly folder: string;
  /** Rewrites one migration's file, as by an edit. */
  write(migration: Migration): Promise<void>;
}

const installed = path.resolve(import.meta.dirname, "..", "node_modules");

/** Node's arguments for the command: the built one as installed, or its source where it is not built. */
export function commandLine(): string[] {
  const home = path.dirname(createRequire(import.meta.url).resolve("migrator-cli/package.json"));
  const built = path.join(home, "dist", "main.cjs");
  return existsSync(built) ? [built] : ["--conditions=@thedata/source", path.join(home, "src", "main.ts")];
}

/** Creates the project `folder` with the files of a history, as TypeScript or JavaScript. */
export async function makeProject(
  folder: string,
  history: readonly Migration[],
  ending: "ts" | "js",
): Promise<Project> {
  const migrations = path.join(folder, "migrations");
  await mkdir(migrations, { recursive: true });
  await linkPackages(path.join(folder, "node_modules"));
  await writeFile(path.join(folder, "package.json"), `${JSON.stringify({ name: "project", type: "module" })}\n`);
  const write = async (migration: Migration) => {
    await writeFile(path.join(migrations, `${migration.name}.${ending}`), sourceOf(migration));
  };
  for (const migration of history) await write(migration);
  // Old files, as in any project: the migrator's cache does not trust recent ones.
  const past = new Date(Date.now() - 3_600_000);
  for (const file of await readdir(migrations)) await utimes(path.join(migrations, file), past, past);
  return { folder, write };
}

/** The project's own node_modules, so that the cache which the migrator keeps there belongs to this project only. */
async function linkPackages(folder: string): Promise<void> {
  for (const name of ["@mikro-orm", "migrator-cli"]) {
    await mkdir(folder, { recursive: true });
    await symlink(path.join(installed, name), path.join(folder, name));
  }
}
