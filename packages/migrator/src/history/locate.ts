import { readFile } from "node:fs/promises";
import path from "node:path";
import type { MigrationFolder } from "./folder.ts";
import type { Problem } from "../errors.ts";
import { manifestFile } from "./manifest.ts";

/** Where to fix a problem. */
export interface Place {
  /** An absolute path; null: no particular file. */
  readonly file: string | null;
  /** From 1. */
  readonly line: number | null;
}

/** Finds the place of each problem of a history: its entry in the manifest, else its migration's file. */
export async function locate<Found extends Problem>(
  problems: readonly Found[],
  folder: MigrationFolder,
): Promise<(Found & Place)[]> {
  if (problems.length === 0) return [];
  const lines = (await readFile(manifestOf(folder), "utf8").catch(() => "")).split("\n");
  return problems.map((problem) => ({ ...problem, ...placeOf(problem, folder, lines) }));
}

function placeOf({ code, migration }: Problem, folder: MigrationFolder, lines: readonly string[]): Place {
  const entry = lines.findIndex((text) => text.includes(JSON.stringify(migration)));
  const file = folder.files.find(({ name }) => name === migration);
  if (entry >= 0 && code !== "duplicate") return { file: manifestOf(folder), line: entry + 1 };
  return file ? { file: file.path, line: 1 } : placeOfHistory(folder);
}

/** The place of the history as a whole: the first line of the manifest, or of the last migration. */
export function placeOfHistory(folder: MigrationFolder): Place {
  const file = folder.manifest ? manifestOf(folder) : (folder.files.at(-1)?.path ?? null);
  return { file, line: file === null ? null : 1 };
}

function manifestOf({ directory }: MigrationFolder): string {
  return path.join(directory, manifestFile);
}
