import { statSync, type Stats } from "node:fs";
import path from "node:path";
import { isRacy, placeOf, readCache, writeCache } from "./cache-file.ts";
import type { KnownMigration } from "./check.ts";
import { type MigrationFile, readSource } from "./discover.ts";
import { sha256 } from "./hash.ts";

/** What is known of migration files since they were last read. */
export interface Stamps {
  /** What the checks need of a file, if it is the same file as then; undefined: read it. */
  recall(file: MigrationFile): KnownMigration | undefined;
  /** Takes down what was read of a file; `source` is what stood in it. */
  note(file: MigrationFile, before: Stats, source: Buffer, known: KnownMigration): void;
  /** Writes down what was noted. A folder that cannot be written makes the next start slower, nothing else. */
  keep(): void;
}

const format = 2;

/**
 * Opens the notes on a folder of migrations that lie in `cache`; `version` is that of the reader. A line a file: its
 * name, its stamp, the SHA-256 of its content, then what the checks need. A file is the same while its stamp is, or
 * else its content.
 */
export function openStamps(cache: string, directory: string, version: string): Stamps {
  const place = placeOf(cache, directory, "txt");
  const head = `${format} ${version} ${JSON.stringify(directory)}`;
  let lines: Map<string, string> | undefined;
  const all = () => (lines ??= read(place, head));
  let changed = false;
  const set = (name: string, stats: Stats, facts: string) => {
    if (/[\t\n]/.test(name)) return;
    all().set(name, `${isRacy(stats) ? "racy" : stampOf(stats)}\t${facts}`);
    changed = true;
  };
  return {
    recall(file) {
      const name = baseOf(file);
      const line = all().get(name);
      const stats = line === undefined ? undefined : statSync(file.path, { throwIfNoEntry: false });
      if (line === undefined || !stats) return undefined;
      const [stamp, content, ...facts] = line.split("\t");
      if (stamp !== stampOf(stats)) {
        if (sha256(readSource(file), "base64url") !== content) return undefined;
        if (!isRacy(stats)) set(name, stats, [content, ...facts].join("\t"));
      }
      return toKnown(file.name, facts);
    },
    note(file, before, source, { checksum, reversible, irreversible = null }) {
      const facts = [sha256(source, "base64url"), checksum, reversible, JSON.stringify(irreversible)];
      set(baseOf(file), before, facts.join("\t"));
    },
    keep() {
      if (changed) writeCache(place, [head, ...[...all()].map(([name, line]) => `${name}\t${line}`), ""].join("\n"));
      changed = false;
    },
  };
}

/** Without the times of the inode a file whose old date was put back, or another in its place, would be the same. */
function stampOf({ size, mtimeMs, ctimeMs, ino }: Stats): string {
  return `${size} ${mtimeMs} ${ctimeMs} ${ino}`;
}

function toKnown(name: string, facts: readonly string[]): KnownMigration | undefined {
  const [checksum = "", reversible = "", irreversible = ""] = facts;
  if (facts.length !== 3 || checksum.length !== 64 || !/^(true|false)$/.test(reversible)) return undefined;
  const reason = irreversible === "null" ? null : parseText(irreversible);
  return reason === undefined ? undefined : { name, checksum, reversible: reversible === "true", irreversible: reason };
}

function parseText(json: string): string | undefined {
  try {
    const text: unknown = JSON.parse(json);
    return typeof text === "string" ? text : undefined;
  } catch {
    return undefined;
  }
}

function baseOf({ path: whole }: MigrationFile): string {
  return whole.slice(whole.lastIndexOf(path.sep) + 1);
}

/** Anything but our own notes, and whole, is no notes. */
function read(place: string, head: string): Map<string, string> {
  const notes = new Map<string, string>();
  const [first, ...lines] = readCache(place)?.toString().split("\n") ?? [];
  if (first !== head || lines.pop() !== "") return notes;
  for (const line of lines) {
    const end = line.indexOf("\t");
    notes.set(line.slice(0, end), line.slice(end + 1));
  }
  return notes;
}
