import { randomUUID } from "node:crypto";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { LockedError } from "../errors.ts";

/** How long one run may hold a folder, in milliseconds; one that holds it longer is taken for dead. */
const longest = 60_000;

/**
 * Runs `work` while no other `create` writes into the folder. Each run announces itself by a file with a name that is
 * never used again, then looks whether it is alone: of two that come at once, at least one sees the other and steps back.
 * What a killed run left is taken away by the next. Throws a `LockedError` after `waitMs`.
 */
export async function withFolderLock<Result>(
  directory: string,
  work: () => Promise<Result>,
  waitMs = 30_000,
): Promise<Result> {
  const deadline = Date.now() + waitMs;
  for (let attempt = 1; ; attempt++) {
    const own = await announce(directory);
    try {
      const other = await findOther(directory, own);
      if (other === undefined) return await work();
      if (Date.now() > deadline) throw new LockedError(`${other} writes into ${directory}: try again when it is done`);
    } finally {
      await rm(path.join(directory, own), { force: true });
    }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(200, 10 * 2 ** attempt)));
  }
}

const isLock = (name: string) => /^\.create-[\w-]+\.lock$/.test(name);

/** Appears with its content or not at all, so that nobody takes an empty one for a dead one's. */
async function announce(directory: string): Promise<string> {
  const name = `.create-${randomUUID()}.lock`;
  const file = path.join(directory, name);
  try {
    await writeFile(`${file}.new`, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: "wx" });
    await rename(`${file}.new`, file);
  } catch (error) {
    await rm(`${file}.new`, { force: true });
    throw error;
  }
  return name;
}

/** Says who else is at work, and clears away who is not any more. */
async function findOther(directory: string, own: string): Promise<string | undefined> {
  const others = (await readdir(directory)).filter((name) => isLock(name.replace(/\.new$/, "")) && name !== own);
  for (const name of others) {
    const file = path.join(directory, name);
    const holder = await readHolder(file);
    if (holder === "gone") continue;
    if (holder !== "dead") return holder;
    await rm(file, { force: true });
  }
  return undefined;
}

async function readHolder(file: string): Promise<string> {
  try {
    const { mtimeMs } = await stat(file);
    if (Date.now() - mtimeMs > longest) return "dead";
    // Not announced yet: it will see us.
    if (file.endsWith(".new")) return "gone";
    const { pid, host } = JSON.parse(await readFile(file, "utf8")) as { pid: number; host: string };
    return host !== hostname() || isAlive(pid) ? `another "migrator create" (process ${pid} on ${host})` : "dead";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "gone" : "dead";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
