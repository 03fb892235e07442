import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, type Stats, writeFileSync } from "node:fs";
import path from "node:path";
import type { KnownMigration } from "./check.ts";
import { type MigrationFile, readSource } from "./discover.ts";

/** What is known of migration files since they were last read. */
export interface Stamps {
  /** What the checks need of a file, if it is the same file as then; undefined: read it. */
  recall(file: MigrationFile): KnownMigration | undefined;
  /** Takes down what was read of a file; `source` is what stood in it. */
  note(file: MigrationFile, before: Stats, source: Buffer, known: KnownMigration): void;
  /** Writes down what was noted. A folder that cannot be written makes the next start slower, nothing else. */
  keep(): void;
}

/**
 * Size, times of change of content and of inode, inode, SHA-256 of the content; then what the checks need. A time is
 * that of the file's last change, so that a file which is put back, or another one with its date, is not the same.
 */
type Entry = [
  name: string,
  size: number,
  modified: number,
  changed: number,
  inode: number,
  content: string,
  checksum: string,
  reversible: boolean,
  irreversible: string | null,
];

const format = 1;
// As git does it: a file that was changed just now may change again within the same tick of its clock.
const racyMs = 2000;

/** Opens the notes on a folder of migrations that lie in `cache`; `version` is that of the reader. */
export function openStamps(cache: string, directory: string, version: string): Stamps {
  const place = path.join(cache, `${sha256(directory).slice(0, 32)}.json`);
  const head = `${format} ${version} ${directory}`;
  const entries = read(place, head);
  let changed = false;
  const set = (entry: Entry) => {
    entries.set(entry[0], entry);
    changed = true;
  };
  return {
    recall(file) {
      const base = baseOf(file);
      const entry = entries.get(base);
      const stats = entry && statSync(file.path, { throwIfNoEntry: false });
      if (!entry || !stats || entry[1] !== stats.size) return undefined;
      if (entry[2] !== stats.mtimeMs || entry[3] !== stats.ctimeMs || entry[4] !== stats.ino) {
        if (sha256(readSource(file)) !== entry[5]) return undefined;
        if (!isRacy(stats)) set([base, ...stampOf(stats), ...(entry.slice(5) as Tail)]);
      }
      return { name: file.name, checksum: entry[6], reversible: entry[7], irreversible: entry[8] };
    },
    note(file, before, source, { checksum, reversible, irreversible = null }) {
      const base = baseOf(file);
      const stamp = isRacy(before) ? ([before.size, 0, 0, 0] as const) : stampOf(before);
      set([base, ...stamp, sha256(source), checksum ?? "", reversible === true, irreversible]);
    },
    keep() {
      if (changed) write(place, JSON.stringify({ head, files: [...entries.values()] }));
      changed = false;
    },
  };
}

function baseOf({ path: whole }: MigrationFile): string {
  return whole.slice(whole.lastIndexOf(path.sep) + 1);
}

type Tail = [content: string, checksum: string, reversible: boolean, irreversible: string | null];

function stampOf({ size, mtimeMs, ctimeMs, ino }: Stats): [number, number, number, number] {
  return [size, mtimeMs, ctimeMs, ino];
}

function isRacy({ mtimeMs, ctimeMs }: Stats): boolean {
  return Math.max(mtimeMs, ctimeMs) > Date.now() - racyMs;
}

function sha256(text: string | Buffer): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** Anything but our own notes, whole and by somebody whom we trust, is no notes. */
function read(place: string, head: string): Map<string, Entry> {
  try {
    if (!isOurs(statSync(place))) return new Map();
    const notes = JSON.parse(readFileSync(place, "utf8")) as { head?: unknown; files?: unknown };
    if (notes.head !== head || !Array.isArray(notes.files) || !notes.files.every(isEntry)) return new Map();
    return new Map(notes.files.map((entry) => [entry[0], entry]));
  } catch {
    return new Map();
  }
}

/** Written by this user or by root, and by nobody else. */
function isOurs({ uid, mode }: Stats): boolean {
  const user = process.getuid?.();
  return user === undefined || ((uid === user || uid === 0) && (mode & 0o022) === 0);
}

function isEntry(entry: unknown): entry is Entry {
  if (!Array.isArray(entry) || entry.length !== 9) return false;
  const [name, size, modified, changed, inode, content, checksum, reversible, irreversible] = entry as unknown[];
  return (
    [name, content, checksum].every((value) => typeof value === "string" && value !== "") &&
    [size, modified, changed, inode].every((value) => typeof value === "number") &&
    typeof reversible === "boolean" &&
    (irreversible === null || typeof irreversible === "string")
  );
}

function write(place: string, text: string): void {
  const next = `${place}.${process.pid}.tmp`;
  try {
    mkdirSync(path.dirname(place), { recursive: true, mode: 0o700 });
    writeFileSync(next, text, { mode: 0o600, flag: "wx" });
    chmodSync(next, 0o644);
    renameSync(next, place);
  } catch {
    // Read-only folders, full disks.
  }
}
