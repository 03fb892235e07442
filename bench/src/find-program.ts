import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The absolute path of a program, as a shell finds it; undefined where there is none. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  return folders.map((folder) => path.join(folder, name)).find(isProgram);
}

/** Whether a file exists and may be executed. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs a program and gives its trimmed output. Throws when it fails. */
export async function ask(program: string, ...parameters: string[]): Promise<string> {
  return (await run(program, parameters)).stdout.trim();
}

/** The folder of an npm package that the benchmark depends on. */
export function packageFolder(name: string): string {
  // Not resolve(): many packages do not export their package.json.
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const found = folders.map((folder) => path.join(folder, name)).find((folder) => existsSync(folder));
  if (!found) throw new Error(`the package ${name} is not installed: run pnpm install`);
  // Its real path, from which its own dependencies resolve.
  return realpathSync(found);
}

/** The version of an npm package that the benchmark depends on. */
export async function packageVersion(name: string): Promise<string> {
  const text = await readFile(path.join(packageFolder(name), "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
