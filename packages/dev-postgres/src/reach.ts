import { chmod, lstat, mkdir, mkdtemp, readFile, readlink, rm, stat, symlink } from "node:fs/promises";
import path from "node:path";

/** The account that PostgreSQL runs under instead of root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root. For root, gives the account to run it under: the owner of existing data, else
 * `postgres`, else `nobody`. For other users undefined: no change of account.
 */
export async function accountFor(dataDir: string | undefined): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = dataDir ? await stat(path.join(dataDir, "data")).catch(() => undefined) : undefined;
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const accounts = await readAccounts();
  const account = accounts.get("postgres") ?? accounts.get("nobody");
  if (!account) throw new Error("PostgreSQL does not run as root, and there is neither a user postgres nor nobody");
  return account;
}

async function readAccounts(): Promise<Map<string, Account>> {
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  return new Map(lines.map(([name = "", , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]));
}

/** Whether every user may enter each folder on the path to `target`. */
export async function isReachable(target: string): Promise<boolean> {
  for (let folder = path.dirname(path.resolve(target)); ; folder = path.dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

/**
 * A folder below `/var/tmp` that replaces `closed`, a folder that PostgreSQL's account cannot reach (a clone in root's
 * home). `closed/elsewhere` links to it, so that another clone at the same path gets a new one.
 */
export async function reachableRoot(closed: string): Promise<string> {
  const link = path.join(closed, "elsewhere");
  const known = await readlink(link).catch(() => undefined);
  if (known && (await stat(known).catch(() => undefined))) return known;
  const root = await mkdtemp(path.join(await ownFolder("/var/tmp/dev-postgres"), "data-"));
  await chmod(root, 0o755);
  await rm(link, { force: true });
  await symlink(root, link);
  return root;
}

/**
 * Creates a folder that only root may write and all may enter; throws where another user owns it or may write to it.
 */
export async function ownFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const found = await lstat(folder);
  if (found.uid !== 0 || !found.isDirectory() || (found.mode & 0o022) !== 0)
    throw new Error(`${folder} belongs to another user: remove it`);
  return folder;
}
