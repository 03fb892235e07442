import { Worker } from "node:worker_threads";
import type { MigrationFile } from "../history/folder.ts";
import type { LoadedMigration } from "../history/load.ts";

/** A migration's statements as another thread read them, or its error. */
export interface CollectedAgain {
  readonly name: string;
  readonly up: readonly string[];
  readonly down: readonly string[];
  readonly error: string | null;
}

// The file beside this one with the same ending: source, built, or in the CLI's bundle.
const program = new URL(`./collect-worker${import.meta.url.slice(import.meta.url.lastIndexOf("."))}`, import.meta.url);

/**
 * Reads migrations again in a new thread whose clock is more than a year ahead: statements that depend on time, chance
 * or what was read before differ there.
 */
export async function collectAgain(files: readonly MigrationFile[]): Promise<CollectedAgain[]> {
  const worker = new Worker(program, { workerData: files, stdout: true, stderr: true });
  try {
    return await new Promise<CollectedAgain[]>((resolve, reject) => {
      worker.once("message", resolve).once("error", reject);
      worker.once("exit", () => reject(new Error("the thread that reads the migrations ended")));
    });
  } finally {
    await worker.terminate();
  }
}

/** Describes the first statement that differs when a migration is read again; null: none. */
export function findUnsteady(migration: LoadedMigration, again: CollectedAgain | undefined): string | null {
  if (!again) return null;
  if (again.error !== null) return `Read at another time, it cannot be loaded: ${again.error}.`;
  const { up, down } = migration;
  return compare("up", up.statements, again.up) ?? compare("down", down?.statements ?? [], again.down);
}

function compare(direction: string, one: readonly string[], other: readonly string[]): string | null {
  if (one.length !== other.length)
    return `Its ${direction} has ${one.length} statements, and ${other.length} when it is read at another time.`;
  const number = one.findIndex((sql, index) => sql !== other[index]);
  if (number < 0) return null;
  const [first, second] = [one[number] ?? "", other[number] ?? ""];
  const at = [...first].findIndex((letter, index) => letter !== [...second][index]);
  const from = Math.max(0, (at < 0 ? second.length : at) - 30);
  const excerpt = (sql: string) => `"${sql.slice(from, from + 60).trim()}"`;
  return `Statement ${number + 1} of its ${direction} differs each time the file is read: ${excerpt(first)}, then ${excerpt(second)}. Write the value out, or let PostgreSQL compute it.`;
}
