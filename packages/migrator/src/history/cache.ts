import type { KnownMigration } from "./load.ts";
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { isMigrationFile, type MigrationFile, readSource } from "./folder.ts";
import { sha256 } from "../hash.ts";
import { manifestFile } from "./manifest.ts";
import { readOwnFile, writeOwnFile } from "./own-files.ts";

/** What is known of a file, and the SHA-256 of the text that it was read from. */
interface Note {
  readonly content: string;
  readonly known: KnownMigration;
}

/** The first line of the cache file, as JSON. The file stats follow as bytes, then the notes as JSON. */
interface Head {
  /** Format, reader's version, Node's version and folder: another version of Node may read a file differently. */
  readonly key: string;
  /** All names in the folder: a file that is no migration yet may be one that is being written. */
  readonly names: string;
  /** The digest of the history; null: no run has found it sound. */
  readonly digest: string | null;
  /** The size of the file stats, in bytes. */
  readonly bytes: number;
  /** SHA-256 of file stats and notes: a damaged byte in a checksum would look like an edited migration. */
  readonly sum: string;
}

interface Stored extends Head {
  readonly fileStats: Float64Array;
  readonly body: Buffer;
}

/** File stats and notes of earlier runs, by file name. */
interface Earlier {
  readonly fileStats: ReadonlyMap<string, string>;
  readonly notes: ReadonlyMap<string, Note>;
}

const format = 3;

/**
 * What earlier runs have read from a folder of migrations: facts about files, never about a database. A damaged cache
 * counts as empty; where it cannot be written, the next start is slower.
 */
export class MigrationCache {
  readonly #file: string;
  readonly #key: string;
  readonly #directory: string;
  readonly #names: string;
  readonly #stored: Stored | undefined;
  /** What this run recalled and noted. */
  readonly #notes = new Map<string, Note>();
  #written: string | null;
  #changed = false;
  #seen: Float64Array<ArrayBuffer> | undefined;
  #seenByName: Map<string, string> | undefined;
  #earlier: Earlier | undefined;

  /**
   * Opens the cache of the migrations in `directory`; its file is in the folder `cache`. `version` is the reader's.
   * `part` tells apart what is read of one part of the history: its digest is another.
   */
  constructor(cache: string, directory: string, version: string, part = "") {
    this.#file = path.join(cache, `${directory.replaceAll(/\W+/g, "-").slice(-150)}${part && `.${part}`}.cache`);
    this.#key = [format, version, process.version, directory, part].join(" ");
    this.#directory = directory;
    this.#names = listNames(directory);
    this.#stored = parse(readOwnFile(this.#file), this.#key);
    this.#written = this.#stored?.digest ?? null;
  }

  /** True where an earlier run found the folder sound when it had the same names. */
  get promising(): boolean {
    return this.#stored?.names === this.#names && this.#stored.digest !== null;
  }

  /**
   * The digest of the history if manifest and migrations are unchanged since a run found them sound; else undefined.
   */
  recallDigest(): string | undefined {
    if (!this.#stored?.digest || !this.promising) return undefined;
    return isSame(this.#look(), this.#stored.fileStats) ? this.#stored.digest : undefined;
  }

  /** What the checks need of a file that has not changed since it was read; undefined: read it. */
  recall(file: MigrationFile): KnownMigration | undefined {
    const name = path.basename(file.path);
    const { notes, fileStats } = (this.#earlier ??= readEarlier(this.#stored));
    // Taken before the file is read, whether the cache knows it or not.
    const fileStat = this.#versionOf(name);
    const note = notes.get(name);
    if (!note) return undefined;
    if (fileStat === undefined || fileStat !== fileStats.get(name)) {
      if (sha256(readSource(file)) !== note.content) return undefined;
      this.#changed ||= fileStat !== undefined;
    }
    this.#notes.set(name, note);
    return note.known;
  }

  /** Notes what was read from a self-contained file; `source` is the file's text. */
  note(file: MigrationFile, source: Buffer, known: KnownMigration): void {
    const name = path.basename(file.path);
    const fileStat = this.#versionOf(name);
    // A link may have been pointed elsewhere meanwhile.
    if (fileStat !== undefined && fileStat !== byName([name], statFiles(this.#directory, [name])).get(name)) return;
    this.#notes.set(name, { content: sha256(source), known });
    this.#changed = true;
  }

  /** Writes what was recalled and noted; `digest` is the history's, where it was found sound. */
  keep(digest?: string): void {
    const sound = digest !== undefined && !this.#look().includes(NaN) ? digest : (this.recallDigest() ?? null);
    if (!this.#changed && sound === this.#written) return;
    const fileStats = Buffer.from(this.#look().buffer);
    const body = Buffer.concat([fileStats, Buffer.from(JSON.stringify([...this.#notes]))]);
    const head: Head = {
      key: this.#key,
      names: this.#names,
      digest: sound,
      bytes: fileStats.byteLength,
      sum: sha256(body),
    };
    try {
      writeOwnFile(this.#file, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]));
    } catch {
      // A read-only folder, a full disk.
    }
    [this.#changed, this.#written] = [false, sound];
  }

  /** The file stats of all files, taken once, before any file is read. */
  #look(): Float64Array<ArrayBuffer> {
    return (this.#seen ??= statFiles(this.#directory, watched(this.#names)));
  }

  #versionOf(name: string): string | undefined {
    return (this.#seenByName ??= byName(watched(this.#names), this.#look())).get(name);
  }
}

function listNames(directory: string): string {
  try {
    return readdirSync(directory).join("/");
  } catch {
    // The code that reads the folder next reports the error.
    return "";
  }
}

/** The names of manifest and migrations. */
function watched(names: string): string[] {
  return names.split("/").filter((name) => isMigrationFile(name) || name === manifestFile);
}

// As in git: a file that changed just now may change again within the same tick of its clock.
const racyMs = 2000;
const fields = 4;

/**
 * Four numbers per file. The change time is among them, because a restored old date would hide a change. NaN: read the
 * file.
 */
function statFiles(directory: string, files: readonly string[]): Float64Array<ArrayBuffer> {
  const fileStats = new Float64Array(files.length * fields).fill(NaN);
  const [folder, newest] = [path.join(directory, path.sep), Date.now() - racyMs];
  for (const [index, name] of files.entries()) {
    const stats = statSync(folder + name, { throwIfNoEntry: false });
    if (!stats || Math.max(stats.mtimeMs, stats.ctimeMs) > newest) continue;
    const at = index * fields;
    fileStats[at] = stats.size;
    fileStats[at + 1] = stats.mtimeMs;
    fileStats[at + 2] = stats.ctimeMs;
    fileStats[at + 3] = stats.ino;
  }
  return fileStats;
}

function isSame(one: Float64Array, other: Float64Array): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

/** The usable file stats, by file name. */
function byName(files: readonly string[], fileStats: Float64Array): Map<string, string> {
  const all = files.map((name, index) => [name, fileStats.subarray(index * fields, (index + 1) * fields)] as const);
  return new Map(
    all.filter(([, fileStat]) => !fileStat.includes(NaN)).map(([name, fileStat]) => [name, fileStat.join(" ")]),
  );
}

function parse(content: Buffer | undefined, key: string): Stored | undefined {
  const end = content?.indexOf("\n") ?? -1;
  if (!content || end < 0) return undefined;
  try {
    const head = JSON.parse(content.toString("utf8", 0, end)) as Head;
    if (head.key !== key || !/^([0-9a-f]{64}|null)$/.test(String(head.digest))) return undefined;
    const body = content.subarray(end + 1);
    return { ...head, body, fileStats: new Float64Array(Uint8Array.from(body.subarray(0, head.bytes)).buffer) };
  } catch {
    return undefined;
  }
}

function readEarlier(stored: Stored | undefined): Earlier {
  const none = { fileStats: new Map(), notes: new Map() };
  if (!stored || sha256(stored.body) !== stored.sum) return none;
  try {
    const notes = JSON.parse(stored.body.toString("utf8", stored.fileStats.byteLength)) as [string, Note][];
    return { fileStats: byName(watched(stored.names), stored.fileStats), notes: new Map(notes) };
  } catch {
    // The first line is damaged.
    return none;
  }
}
