import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import path from "node:path";
import { ConfigurationError } from "../errors.ts";
import { replaceFile } from "../replace-file.ts";
import { sha256 } from "../hash.ts";

/** One migration as the manifest records it. */
export interface ManifestEntry {
  readonly name: string;
  /** SHA-256 of the migration's SQL, in hexadecimal. */
  readonly checksum: string;
  /** SHA-256 of this entry and the previous link, so that no entry can be inserted, removed or moved unnoticed. */
  readonly link: string;
}

/** `manifest.json`: the whole history, oldest first. Two branches that both add to it conflict in git. */
export interface Manifest {
  readonly version: 1;
  readonly migrations: readonly ManifestEntry[];
}

export const manifestFile = "manifest.json";

/**
 * Reads the manifest of a folder; undefined where the folder has none. Throws a `ConfigurationError` for an invalid
 * one.
 */
export async function readManifest(directory: string): Promise<Manifest | undefined> {
  const file = path.join(directory, manifestFile);
  const text = readText(file);
  return text === undefined ? undefined : parseManifest(text, file);
}

function readText(file: string): string | undefined {
  try {
    return readBounded(file);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    // ENOTDIR, a file in place of the folder, is reported by the code that lists the folder.
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new ConfigurationError(`${file} cannot be read: ${message}`);
  }
}

// A manifest of a hundred thousand migrations has less than half of this.
const mostBytes = 64 * 2 ** 20;

/** Checks the opened file, so that no other can take its place; a pipe is opened without waiting. */
function readBounded(file: string): string {
  const opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(opened);
    refuseSpecial(file, stats);
    if (stats.size <= mostBytes) return readFileSync(opened, "utf8");
    throw new ConfigurationError(
      `${file} has ${stats.size.toLocaleString("en")} bytes, more than the limit of 64 MiB for a manifest`,
    );
  } finally {
    closeSync(opened);
  }
}

/** Throws a `ConfigurationError` where reading would wait for a writer, or never end. */
export function refuseSpecial(file: string, stats: Stats): void {
  if (stats.isFile() || stats.isDirectory()) return;
  throw new ConfigurationError(`${file} is a pipe, a socket or a device: put a file there, or a link to one`);
}

function parseManifest(text: string, file: string): Manifest {
  const manifest = parseJson(text, file) as Partial<Manifest> | null;
  const entries = manifest?.migrations;
  if (manifest?.version !== 1 || !Array.isArray(entries) || !entries.every(isEntry))
    throw new ConfigurationError(
      `${file} is not a manifest of version 1: restore it from git, or rewrite it with "migrator check --fix"`,
    );
  return manifest as Manifest;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const conflict = /^(<{7}|>{7}|={7})/m.test(text);
    const why = conflict
      ? `has a merge conflict: keep both migrations, run "migrator check --fix", then "migrator rebase NAME" for yours if it should come last`
      : `is not valid JSON: restore it from git, or rewrite it with "migrator check --fix"`;
    throw new ConfigurationError(`${file} ${why}`, { cause });
  }
}

function isEntry(entry: unknown): entry is ManifestEntry {
  const { name, checksum, link } = (entry ?? {}) as Record<string, unknown>;
  return [name, checksum, link].every((value) => typeof value === "string");
}

// A run checks the same manifest before it takes the lock and again under it.
const brokenLinks = new WeakMap<Manifest, readonly string[]>();

/** The names whose link does not follow from the entries before: the chain was edited by hand or merged. */
export function findBrokenLinks(manifest: Manifest): readonly string[] {
  const known = brokenLinks.get(manifest);
  if (known) return known;
  const broken = manifest.migrations
    .filter((entry, index, all) => entry.link !== linkOf(entry, all[index - 1]?.link))
    .map(({ name }) => name);
  brokenLinks.set(manifest, broken);
  return broken;
}

/**
 * A manifest with some of the entries, whose links are those of the whole. Its chain counts as sound where that of the
 * whole is.
 */
export function selectEntries(manifest: Manifest, isIn: (name: string) => boolean): Manifest {
  const selected = { ...manifest, migrations: manifest.migrations.filter(({ name }) => isIn(name)) };
  brokenLinks.set(selected, findBrokenLinks(manifest));
  return selected;
}

/** The manifest of a history, oldest first. */
export function buildManifest(history: readonly { readonly name: string; readonly checksum: string }[]): Manifest {
  const migrations: ManifestEntry[] = [];
  for (const { name, checksum } of history)
    migrations.push({ name, checksum, link: linkOf({ name, checksum }, migrations.at(-1)?.link) });
  return { version: 1, migrations };
}

/** Writes the manifest of a folder in one step. */
export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  await replaceFile(path.join(directory, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
}

function linkOf({ name, checksum }: { name: string; checksum: string }, before = ""): string {
  return sha256(`${before}\n${name}\n${checksum}`);
}
