import { existsSync } from "node:fs";
import { glob, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Ran, runIn, type Stack } from "./stack.ts";

const root = path.resolve(import.meta.dirname, "..", "..");

/** Runs this checkout's migrator on the copy's models and migrations, as a developer would; throws when it fails. */
export async function author(stack: Stack, ...parameters: readonly string[]): Promise<Ran> {
  await linkModules(stack.folder);
  const main = path.join(root, "packages", "migrator-cli", "src", "main.ts");
  const ran = await runIn(stack, process.execPath, ["--conditions=@thedata/source", main, ...parameters]);
  if (ran.code === 0) return ran;
  throw new Error(`migrator ${parameters.join(" ")} ended with ${ran.code}:\n${ran.stdout}\n${ran.stderr}`);
}

/** What was installed here serves the copy too. */
async function linkModules(folder: string): Promise<void> {
  for await (const manifest of glob("{.,packages/*}/package.json", { cwd: root })) {
    const modules = path.join(path.dirname(manifest), "node_modules");
    const link = path.join(folder, modules);
    if (existsSync(path.join(root, modules)) && !existsSync(link)) await symlink(path.join(root, modules), link);
  }
}

/** Replaces text in a file of the copy; throws where it is not there. */
export async function edit(stack: Stack, file: string, from: string, to: string): Promise<void> {
  const name = path.join(stack.folder, file);
  const text = await readFile(name, "utf8");
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  await writeFile(name, text.replace(from, to));
}

/** Adds a text column to a model that has a `config`, and writes the migration. */
export async function addColumn(stack: Stack, model: "data-source" | "pipeline", column: string): Promise<void> {
  const config = "    config: jsonObject(),\n";
  await edit(stack, `packages/models/src/${model}.ts`, config, `${config}    ${column}: p.text().nullable(),\n`);
  await author(stack, "create", `add_${column}`);
}

/** Adds a migration that changes nothing, and fails where a user has this address. */
export async function addFailing(stack: Stack, name: string, email: string): Promise<string> {
  const sql = `select 1 / (select count(*) - 1 from users where email = '${email}')`;
  return await writeByHand(stack, name, sql, "select 1");
}

/** Adds a migration with these statements. */
async function writeByHand(stack: Stack, name: string, up: string, down: string): Promise<string> {
  const { stdout } = await author(stack, "create", name, "--blank", "--json");
  const { file } = JSON.parse(stdout) as { readonly file: string };
  const blank = "// this.addSql(`...`);";
  const source = await readFile(file, "utf8");
  const [first, second] = [up, down].map((sql) => `this.addSql(\`${sql}\`);`) as [string, string];
  await writeFile(file, source.replace(blank, first).replace(blank, second));
  await author(stack, "check", "--fix");
  return file;
}

/**
 * Makes the next release of the models in the copy: a column more in two tables, and a column of pipelines less, which
 * the release before maps.
 */
export async function makeRelease(
  stack: Stack,
  release: { readonly version: string; readonly before: string; readonly adds: string; readonly drops: string },
): Promise<void> {
  const { version, before, adds, drops } = release;
  await addColumn(stack, "data-source", `source_${adds}`);
  await addColumn(stack, "pipeline", adds);
  await edit(stack, "packages/models/src/pipeline.ts", `    ${drops}.nullable(),\n`, "");
  // `create` keeps what a released model maps: a drop that is to wait for the end of that release is written by hand.
  const column = (drops.split(":")[0] ?? "").replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const type = drops.includes("datetime") ? "timestamptz" : "text";
  const name = `drop_for_${version.replaceAll(".", "_")}`;
  const table = "alter table pipelines";
  await writeByHand(stack, name, `${table} drop column ${column}`, `${table} add column ${column} ${type}`);
  await edit(stack, "packages/models/package.json", `"version": "${before}"`, `"version": "${version}"`);
  await author(stack, "contract", "--freeze");
  await author(stack, "check", "--fix");
}
