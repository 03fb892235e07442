import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../../..");

/** How a program ended and what it said. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in a folder; its environment names no database of ours. */
export async function run(cwd: string, program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(NODE_(?!EXTRA_CA)|VITEST|POSTGRES_|DATABASE_URL|PG|DEV_POSTGRES)/.test(name),
    ),
  );
  return await new Promise<Outcome>((resolve) => {
    execFile(program, args, { cwd, env: { ...inherited, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    );
  });
}

async function must(cwd: string, program: string, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await run(cwd, program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
}

/** Makes the files of a folder that is there already, or is made. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
}

/** Packs what would be published, into tarballs; gives their files. */
export async function packAll(): Promise<string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "migrator-tarballs-"));
  for (const name of ["catalog", "erd", "migrator", "migrator-cli"])
    await must(path.join(root, "packages", name), "npx", [
      "--yes",
      "pnpm@12.21.0",
      "pack",
      "--pack-destination",
      folder,
    ]);
  return (await readdir(folder)).map((name) => path.join(folder, name));
}

/** An empty folder in which npm has installed packages, by their names and versions or tarballs. */
export async function install(packages: readonly string[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "migrator-installed-"));
  await writeFile(path.join(folder, "package.json"), `{ "private": true }\n`);
  await must(folder, "npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...packages]);
  return folder;
}
