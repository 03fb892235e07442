import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Migration } from "../migrations.ts";
import type { Project } from "../peer.ts";

/** Writes an ES module project with its migrations; its imports resolve to the benchmark's node_modules. */
export async function writeNodeProject(
  { folder, migrations }: Omit<Project, "dsn">,
  toFile: (migration: Migration) => { readonly [file: string]: string },
): Promise<void> {
  const directory = path.join(folder, "migrations");
  await mkdir(directory);
  const dependencies = { "@mikro-orm/cli": "*" };
  await writeFile(path.join(folder, "package.json"), JSON.stringify({ type: "module", dependencies }));
  await symlink(path.resolve(import.meta.dirname, "..", "..", "node_modules"), path.join(folder, "node_modules"));
  for (const [file, text] of migrations.flatMap((migration) => Object.entries(toFile(migration))))
    await writeFile(path.join(directory, file), text);
}
