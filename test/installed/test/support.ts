import { execFile } from "node:child_process";
import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

export { writeFiles } from "@thedata/dev-postgres/testing";

const root = path.resolve(import.meta.dirname, "../../..");

/** A program's exit code and output. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in a folder, without our database settings in its environment. */
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

/** Packs the packages that would be published; gives the paths of the tarballs. */
export async function packAll(): Promise<string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "migrator-tarballs-"));
  for (const name of ["catalog", "erd", "releases", "safety", "migrator", "migrator-cli"])
    await must(path.join(root, "packages", name), "npx", [
      "--yes",
      "pnpm@12.21.0",
      "pack",
      "--pack-destination",
      folder,
    ]);
  return (await readdir(folder)).map((name) => path.join(folder, name));
}

/** Creates a folder and installs packages there by npm, by name and version or as tarballs. */
export async function install(packages: readonly string[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "migrator-installed-"));
  await writeFile(path.join(folder, "package.json"), `{ "private": true }\n`);
  await must(folder, "npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...packages]);
  return folder;
}
