import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { StartError } from "./start-error.ts";

/** The git-ignored folder of a local run: its data, its secrets and what it tells others. */
export interface Workplace {
  path(name: string): string;
  /** Writes a file that only this account reads. */
  write(name: string, text: string): Promise<void>;
  /** Takes back the claim, and what is true only while the run lasts. */
  leave(): Promise<void>;
}

/** Claims the folder for this process. Throws when a run that still lives has it; one that was killed has not. */
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

/** Whether the last run in this folder ended without leaving it. */
export async function wasKilled(folder: string): Promise<boolean> {
  const owner = await readOwner(folder);
  return owner !== undefined && !(await isStart(owner));
}

const claim = "pid";

async function readOwner(folder: string): Promise<number | undefined> {
  const owner = Number.parseInt(await readFile(path.join(folder, claim), "utf8").catch(() => ""), 10);
  return owner > 0 && owner !== process.pid ? owner : undefined;
}

/** The number may be a stranger's by now. Where there is no /proc, a live process is taken for a run. */
async function isStart(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "start.ts");
  return command.includes("start.ts");
}

/** A random secret that stays the same from run to run, so that sessions outlive a restart. */
export async function keepSecret(workplace: Workplace, name: string): Promise<string> {
  const kept = await readFile(workplace.path(name), "utf8").catch(() => "");
  if (kept.length >= 32) return kept;
  const secret = randomBytes(36).toString("base64url");
  await workplace.write(name, secret);
  return secret;
}
