import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { uniqueId } from "../hash.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Reads a file that only this user and root can have written; undefined for any other, and where there is none. */
export function readOwnFile(file: string): Buffer | undefined {
  try {
    const folder = findOwnFolder(path.dirname(file));
    return folder === undefined ? undefined : readRegular(path.join(folder, path.basename(file)));
  } catch {
    return undefined;
  }
}

function readRegular(file: string): Buffer | undefined {
  // O_NONBLOCK: opening a FIFO without a writer does not wait.
  const descriptor = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() && isOwned(stats) && !isShared(stats) ? readFileSync(descriptor) : undefined;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes a world-readable file in one step, and creates its folder where there is none. Throws where others may write
 * to the folder, and what the file system refuses.
 */
export function writeOwnFile(file: string, content: Buffer): void {
  makeFolder(path.dirname(file));
  const folder = findOwnFolder(path.dirname(file));
  if (!folder) throw new Error(`others may write to ${path.dirname(file)}`);
  const next = path.join(folder, `${uniqueId()}.tmp`);
  const descriptor = openSync(next, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(descriptor, content);
    // World-readable, because an image is built as root and run as another user. A path could lead elsewhere by now, a
    // descriptor cannot.
    fchmodSync(descriptor, 0o644);
    renameSync(next, path.join(folder, path.basename(file)));
  } catch (error) {
    unlinkSync(next);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Creates the missing part of a folder, for this user alone, and returns its real path. */
function makeFolder(folder: string): string {
  const there = findRealPath(folder);
  if (there !== undefined) return there;
  const parent = makeFolder(path.dirname(folder));
  if (!isOwnPath(parent)) throw new Error(`others may write to ${parent}`);
  const made = path.join(parent, path.basename(folder));
  // One by one: Node's recursive `mkdir` never ends in /proc.
  mkdirSync(made, 0o700);
  return made;
}

function findRealPath(folder: string): string | undefined {
  try {
    return realpathSync.native(folder);
  } catch {
    return undefined;
  }
}

/** The real path of a folder that only this user and root can write into or replace; undefined for any other. */
export function findOwnFolder(folder: string): string | undefined {
  const real = findRealPath(folder);
  return real !== undefined && !isShared(lstatSync(real)) && isOwnPath(real) ? real : undefined;
}

function isOwnPath(folder: string): boolean {
  const stats = lstatSync(folder);
  // In a sticky folder, such as /tmp, users can remove only their own files.
  const safe = stats.isDirectory() && isOwned(stats) && (!isShared(stats) || (stats.mode & sticky) !== 0);
  const parent = path.dirname(folder);
  return safe && (parent === folder || isOwnPath(parent));
}

const sticky = 0o1000;

function isOwned({ uid }: Stats): boolean {
  const user = process.getuid?.();
  return user === undefined || uid === user || uid === 0;
}

/** True where others may write. A group with its user's number has no other member, as Debian and Fedora create it. */
function isShared({ mode, uid, gid }: Stats): boolean {
  const writers = uid !== 0 && uid === gid ? 0o002 : 0o022;
  return process.getuid !== undefined && (mode & writers) !== 0;
}
