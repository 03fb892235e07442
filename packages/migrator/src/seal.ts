import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { isRacy, placeOf, readCache, writeCache } from "./cache-file.ts";
import { isMigrationFile } from "./discover.ts";
import { manifestFile } from "./manifest.ts";

/**
 * Vouches for a whole folder of migrations: it is, file by file, as it was when its history was last found sound, so
 * that what a ledger must hold is known without a file being opened. It says nothing of any database.
 */
export interface Seal {
  /** True where the folder still has the files that were sealed: worth the question whether they are the same. */
  readonly promising: boolean;
  /** The digest of the history if every file is as it was; undefined: read the folder. */
  recall(): string | undefined;
  /** Vouches from now on for the folder as `recall` has seen it, before anybody read it. */
  press(digest: string): void;
}

const format = 1;
const fields = 4;

/** What stands in front of the stamps, which are `fields` numbers a file. */
interface Head {
  readonly format: number;
  readonly version: string;
  readonly directory: string;
  readonly names: string;
  readonly digest: string;
}

/** Opens the seal on a folder that lies in `cache`; `version` is that of the reader. */
export function openSeal(cache: string, directory: string, version: string): Seal {
  const place = placeOf(cache, directory, "seal");
  const entries = listEntries(directory);
  const key = { format, version, directory, names: entries.join("/") };
  const sealed = read(place, key);
  let seen: Float64Array | undefined;
  return {
    promising: sealed !== undefined,
    recall() {
      seen = stampsOf(directory, entries);
      return seen && sealed && isSame(seen, sealed.stamps) ? sealed.digest : undefined;
    },
    press(digest) {
      if (seen && entries.length > 0) write(place, { ...key, digest }, seen);
    },
  };
}

/** Everything that lies in the folder: what is not a migration yet may be one that is being written. */
function listEntries(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    // Who reads the folder says so.
    return [];
  }
}

/** Undefined when one of them may still change unnoticed, or is gone. */
function stampsOf(directory: string, entries: readonly string[]): Float64Array | undefined {
  const files = entries.filter((name) => isMigrationFile(name) || name === manifestFile);
  const stamps = new Float64Array(files.length * fields);
  const folder = path.join(directory, path.sep);
  let at = 0;
  for (const name of files) {
    const stats = statSync(folder + name, { throwIfNoEntry: false });
    if (!stats || isRacy(stats)) return undefined;
    stamps[at++] = stats.size;
    stamps[at++] = stats.mtimeMs;
    stamps[at++] = stats.ctimeMs;
    stamps[at++] = stats.ino;
  }
  return stamps;
}

function isSame(one: Float64Array, other: Float64Array): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

function read(place: string, key: Omit<Head, "digest">): { digest: string; stamps: Float64Array } | undefined {
  const content = readCache(place);
  const end = content?.indexOf("\n") ?? -1;
  if (!content || end < 0) return undefined;
  const { digest, ...found } = parseHead(content.toString("utf8", 0, end));
  const numbers = content.subarray(end + 1);
  if (JSON.stringify(found) !== JSON.stringify(key) || !/^[0-9a-f]{64}$/.test(digest ?? "")) return undefined;
  if (numbers.length % Float64Array.BYTES_PER_ELEMENT !== 0) return undefined;
  return { digest: digest ?? "", stamps: new Float64Array(Uint8Array.from(numbers).buffer) };
}

function parseHead(json: string): Partial<Head> {
  try {
    return (JSON.parse(json) as Partial<Head> | null) ?? {};
  } catch {
    return {};
  }
}

function write(place: string, head: Head, stamps: Float64Array): void {
  writeCache(place, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), Buffer.from(stamps.buffer)]));
}
