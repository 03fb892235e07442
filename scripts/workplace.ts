import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { StartError } from "./start-error.ts";

/** The git-ignored folder of a local run: its data, its secrets and its address for other programs. */
export interface Workplace {
  path(name: string): string;
  /** Writes a file that only this account reads. */
  write(name: string, text: string): Promise<void>;
  /** Removes the claim and what is valid only during the run. */
  leave(): Promise<void>;
}

/** Claims the folder for this process. Throws a `StartError` when a live run has it; a killed run does not count. */
export async function claimFolder(folder: string): Promise<Workplace> {
  await mkdir(folder, { recursive: true });
  const owner = await readOwner(folder);
  if (owner && (await isStart(owner)))
    throw new StartError(`npm start is running already in this clone (process ${owner}): stop that one first`);
  await writeFile(path.join(folder, claim), String(process.pid));
  return {
    path: (name) => path.join(folder, name),
    write: async (name, text) => await writeFile(path.join(folder, name), text, { mode: 0o600 }),
    leave: async () =>
      void (await Promise.all([claim, "dsn"].map((name) => rm(path.join(folder, name), { force: true })))),
  };
}

/** Whether the last run in this folder ended without `leave`. */
export async function wasKilled(folder: string): Promise<boolean> {
  const owner = await readOwner(folder);
  return owner !== undefined && !(await isStart(owner));
}

const claim = "pid";

async function readOwner(folder: string): Promise<number | undefined> {
  const owner = Number.parseInt(await readFile(path.join(folder, claim), "utf8").catch(() => ""), 10);
  return owner > 0 && owner !== process.pid ? owner : undefined;
}

/** Whether the process is a run: its id may belong to another program now. Without /proc, every live process counts. */
async function isStart(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "start.ts");
  return command.includes("start.ts");
}

/** A random secret that is kept between runs, so that sessions survive a restart. */
export async function keepSecret(workplace: Workplace, name: string): Promise<string> {
  const kept = await readFile(workplace.path(name), "utf8").catch(() => "");
  if (kept.length >= 32) return kept;
  const secret = randomBytes(36).toString("base64url");
  await workplace.write(name, secret);
  return secret;
}
