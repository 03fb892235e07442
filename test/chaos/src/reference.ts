import { createDatabase, dropDatabase } from "@thedata/dev-postgres";
import type { Direction, Migration } from "./migration.ts";
import type { Observer } from "./observer.ts";
import type { Server } from "./server.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";

/** One migration applied or reverted as a whole. */
export interface Move {
  readonly direction: Direction;
  /** The migration's index in the history. */
  readonly index: number;
}

/** All moves of a database since it was empty, in order. */
export type Trace = readonly Move[];

/** The number of migrations that are applied after a trace. */
export function positionOf(trace: Trace): number {
  const last = trace.at(-1);
  if (!last) return 0;
  return last.direction === "up" ? last.index + 1 : last.index;
}

/** The moves from one position to another. */
export function moves(from: number, to: number): Move[] {
  const length = Math.abs(to - from);
  return Array.from({ length }, (_, step) =>
    to > from ? { direction: "up", index: from + step } : { direction: "down", index: from - 1 - step },
  );
}

/** Snapshots of an undisturbed database, by its trace. */
export interface Reference {
  after(trace: Trace): Promise<Snapshot>;
  close(): Promise<void>;
}

/** Creates the undisturbed databases of a history: plain sessions send its statements, without the migrator. */
export function createReference(server: Server, observer: Observer, history: readonly Migration[]): Reference {
  const known = new Map<string, Snapshot>();
  let current: { readonly name: string; trace: Trace } | undefined;
  let number = 0;

  const drop = async () => {
    if (!current) return;
    await observer.release(current.name);
    await dropDatabase(server.dsn("postgres"), server.dsn(current.name));
    current = undefined;
  };
  const reach = async (trace: Trace) => {
    if (!current || !keyOf(trace).startsWith(keyOf(current.trace))) {
      await drop();
      current = { name: `reference_${process.pid}_${(number += 1)}`, trace: [] };
      await createDatabase(server.dsn("postgres"), { name: current.name });
    }
    for (const move of trace.slice(current.trace.length)) {
      await play(observer, current.name, history, move);
      current.trace = [...current.trace, move];
      known.set(keyOf(current.trace), await takeSnapshot(observer, current.name));
    }
    return await takeSnapshot(observer, current.name);
  };
  return {
    async after(trace) {
      const found = known.get(keyOf(trace)) ?? (await reach(trace));
      known.set(keyOf(trace), found);
      return found;
    },
    close: drop,
  };
}

function keyOf(trace: Trace): string {
  return trace.map(({ direction, index }) => `${direction}${index} `).join("");
}

async function play(
  { ask }: Observer,
  database: string,
  history: readonly Migration[],
  { direction, index }: Move,
): Promise<void> {
  const migration = history[index];
  if (!migration) throw new Error(`there is no migration ${index}`);
  const statements = migration[direction].statements.map(hurry);
  // One query string, so that a lost session cannot leave half of it.
  if (migration.transactional) await ask(database, `begin; ${statements.join(";\n")}; commit`);
  else for (const statement of statements) await ask(database, statement);
}

/** Removes intentional pauses. */
function hurry(statement: string): string {
  return statement.replaceAll(/pg_sleep\([\d.]+\)/g, "pg_sleep(0)");
}
