import { parentPort, workerData } from "node:worker_threads";
import type { MigrationFile } from "../history/folder.ts";
import { loadMigration } from "../history/load.ts";
import type { CollectedAgain } from "./collect-again.ts";

const shift = (((400 * 24 + 5) * 60 + 7) * 60 + 11) * 1000 + 13;
const Original = Date;

/** The clock of another year, month, day, hour, minute and second. */
class ShiftedDate extends Original {
  constructor(...parts: unknown[]) {
    super(...((parts.length > 0 ? parts : [Original.now() + shift]) as [number]));
  }

  static override now(): number {
    return Original.now() + shift;
  }
}

globalThis.Date = ShiftedDate as DateConstructor;

async function collect(file: MigrationFile): Promise<CollectedAgain> {
  try {
    const { up, down } = await loadMigration(file);
    return { name: file.name, up: up.statements, down: down?.statements ?? [], error: null };
  } catch (error) {
    return { name: file.name, up: [], down: [], error: (error as Error).message };
  }
}

async function collectAll(): Promise<void> {
  const collected: CollectedAgain[] = [];
  for (const file of workerData as readonly MigrationFile[]) collected.push(await collect(file));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(collected);
}

// The CLI's bundle allows no top-level await.
void collectAll();
