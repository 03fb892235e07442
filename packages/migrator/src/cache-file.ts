import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

/** Where notes on a folder lie in `cache`; `ending` tells its several notes apart. */
export function placeOf(cache: string, directory: string, ending: string): string {
  return path.join(cache, `${directory.replaceAll(/\W+/g, "-").slice(-150)}.${ending}`);
}

/** Reads notes; undefined where there are none, or where somebody whom we do not trust may have written them. */
export function readCache(place: string): Buffer | undefined {
  try {
    return isOurs(statSync(place)) ? readFileSync(place) : undefined;
  } catch {
    return undefined;
  }
}

/** Writes notes in one step. Where that cannot be, in a read-only folder or on a full disk, the next start is slower. */
export function writeCache(place: string, content: string | Buffer): void {
  // Containers have the same process numbers.
  const next = `${place}.${process.pid}-${Date.now()}.tmp`;
  try {
    mkdirSync(path.dirname(place), { recursive: true, mode: 0o700 });
    writeFileSync(next, content, { mode: 0o600, flag: "wx" });
    // An image is built as root and run as somebody else.
    chmodSync(next, 0o644);
    renameSync(next, place);
  } catch {
    discard(next);
  }
}

/** What is half written shall not stay, where it was begun at all. */
function discard(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It was not.
  }
}

// As git does it: a file that was changed just now may change again within the same tick of its clock.
const racyMs = 2000;

/** True of a file that may be changed again without looking changed. */
export function isRacy({ mtimeMs, ctimeMs }: Pick<Stats, "mtimeMs" | "ctimeMs">): boolean {
  return Math.max(mtimeMs, ctimeMs) > Date.now() - racyMs;
}

/** Written by this user or by root, and by nobody else. */
function isOurs({ uid, mode }: Stats): boolean {
  const user = process.getuid?.();
  return user === undefined || ((uid === user || uid === 0) && (mode & 0o022) === 0);
}
