import { createHash, randomUUID } from "node:crypto";
import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { LockedError } from "../errors.ts";

/** How long one run may hold a folder, in milliseconds; one that holds it longer counts as dead. */
const longest = 60_000;

/**
 * Runs `work` while no other `create` writes into the folder. Each run makes a lock file with a name that is never used
 * again, then checks that it is alone: of two at once, at least one sees the other and tries again. The next run
 * removes what a killed run left. Throws a `LockedError` after `waitMs`.
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

const here = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

/** The name holds all data, because a file's content could be read half written. */
async function announce(directory: string): Promise<string> {
  const name = `.create-${process.pid}-${here}-${randomUUID()}.lock`;
  await writeFile(path.join(directory, name), "", { flag: "wx" });
  return name;
}

/** Names another run that is at work, and removes the lock files of dead ones. */
async function findOther(directory: string, own: string): Promise<string | undefined> {
  for (const name of await readdir(directory)) {
    const [, pid, host] = /^\.create-(\d+)-(\w{8})-[\w-]+\.lock$/.exec(name) ?? [];
    if (pid === undefined || name === own) continue;
    const file = path.join(directory, name);
    const age = await stat(file).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => undefined,
    );
    // The file was removed meanwhile.
    if (age === undefined) continue;
    if (age < longest && (host !== here || isAlive(Number(pid))))
      return `Another "migrator create" (process ${pid}${host === here ? "" : " on another computer"})`;
    await rm(file, { force: true });
  }
  return undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
