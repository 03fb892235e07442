import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type { Started } from "./command.ts";
import type { Direction } from "./migration.ts";
import { moves } from "./reference.ts";
import type { Stage } from "./stage.ts";

/** The moment at which a run is cut off. */
export interface Moment {
  readonly text: string;
  /** Waits for the moment; false when the run ends before. */
  reached(started: Started): Promise<boolean>;
  /** Releases the lock that holds the run. */
  release(): Promise<void>;
}

/** The expected move of a command, in positions of the history. */
export interface Way {
  readonly direction: Direction;
  readonly from: number;
  readonly to: number;
}

/** Chooses a moment of a command: a random time, or a state that can be seen in the database. */
export function pickMoment(stage: Stage, way: Way): Moment {
  const { random } = stage;
  if (way.from === way.to) return atTime(stage, way);
  const kinds = { atTime, atLedger, atStatement, heldAtCounter, heldAtTable, heldAtLedger, heldBySnapshot };
  const kind = random.weighted({
    atTime: 5,
    atLedger: 2,
    atStatement: 2,
    heldAtCounter: 3,
    heldAtTable: 2,
    heldAtLedger: 2,
    heldBySnapshot: 2,
  });
  return kinds[kind](stage, way);
}

/** A random time, uniform over the command's expected duration. */
function atTime({ random, timing, history }: Stage, { direction, from, to }: Way): Moment {
  const { startMs } = timing;
  const whole = (direction === "up" ? timing.upMs : timing.downMs) - startMs;
  const ms = Math.round(random.fraction() * (startMs + (whole * Math.abs(to - from)) / history.length));
  const reached = async (started: Started) => {
    await Promise.race([sleep(Math.max(0, ms - (performance.now() - started.since))), started.ended]);
    return !started.ending();
  };
  return { text: `after ${ms} ms`, reached, release: async () => {} };
}

function atLedger(stage: Stage, way: Way): Moment {
  const { random } = stage;
  const count = random.int(Math.min(way.from, way.to), Math.max(way.from, way.to));
  const delay = random.int(0, 15);
  const reached = async (started: Started) => {
    if (!(await until(started, async () => await ledgerIsAt(stage, way.direction, count)))) return false;
    await sleep(delay);
    return !started.ending();
  };
  return { text: `${delay} ms after the ledger's row ${count}`, reached, release: async () => {} };
}

function atStatement(stage: Stage, way: Way): Moment {
  const { random, observer, database } = stage;
  const all = statementsOf(stage, way);
  if (all.length === 0) return atTime(stage, way);
  const slow = all.filter((sql) => /pg_sleep|concurrently|vacuum/.test(sql));
  const statement = random.pick(slow.length > 0 ? slow : all);
  const delay = random.int(0, 20);
  const reached = async (started: Started) => {
    const sent = async () =>
      (await observer.findSessions(database)).some(({ query }) => query.includes(statement.slice(0, 200)));
    if (!(await until(started, sent))) return false;
    await sleep(delay);
    return !started.ending();
  };
  return { text: `${delay} ms into "${shorten(statement)}"`, reached, release: async () => {} };
}

/** Locks a counter's row, so that the run waits within the statement that counts there. */
function heldAtCounter(stage: Stage, way: Way): Moment {
  const counters = statementsOf(stage, way).flatMap((statement) => [
    ...statement.matchAll(/where id = '(\d\d\.\w+\.\d)'/g),
  ]);
  // A move of one step may have no counter: its code or its only statement is of another kind.
  if (counters.length === 0) return atTime(stage, way);
  const counter = stage.random.pick(counters)[1] ?? "";
  return held(
    stage,
    way,
    way.direction === "up" ? 1 : way.from,
    `select from counters where id = '${counter}' for update`,
    `counter ${counter}`,
  );
}

/** Locks a table as a reader or writer does, so that changes of its definition and index builds wait. */
function heldAtTable(stage: Stage, way: Way): Moment {
  const sql = statementsOf(stage, way).join(";");
  const tables = [...sql.matchAll(/\b(?:table|on|vacuum|analyze\)|drop index concurrently) ([td]\d\d)(?:_n)?\b/g)].map(
    ([, name]) => name ?? "",
  );
  if (tables.length === 0) return heldAtCounter(stage, way);
  const table = stage.random.pick(tables);
  const from = way.direction === "up" ? Number(table.slice(1)) + 1 : way.from;
  const mode = stage.random.chance(0.6) ? "access share" : "row exclusive";
  return held(stage, way, from, `lock table ${table} in ${mode} mode`, `table ${table} (${mode})`);
}

/** Holds an old snapshot, for which CREATE INDEX CONCURRENTLY waits when it is nearly done. */
function heldBySnapshot(stage: Stage, way: Way): Moment {
  if (!statementsOf(stage, way).some((sql) => /index concurrently/.test(sql))) return atStatement(stage, way);
  const { random } = stage;
  const row = way.direction === "up" ? Math.max(1, random.int(way.from, way.to - 1)) : random.int(way.to + 1, way.from);
  const snapshot = "set transaction isolation level repeatable read; select count(*) from counters";
  return held(stage, way, row, snapshot, `an old snapshot from row ${row}`);
}

/** Locks the ledger against writing, so that the run waits between a migration and its row. */
function heldAtLedger(stage: Stage, way: Way): Moment {
  const { random } = stage;
  if (way.direction === "up" && way.to === 1) return atTime(stage, way);
  const row = way.direction === "up" ? random.int(Math.max(1, way.from), way.to - 1) : random.int(way.to + 1, way.from);
  return held(stage, way, row, "lock table mikro_orm_migrations in share mode", `the ledger from row ${row}`);
}

/** Takes a lock once the ledger has this row, and waits until the run waits for it. */
function held(stage: Stage, { direction }: Way, row: number, lock: string, what: string): Moment {
  const { observer, database } = stage;
  let holder: pg.Client | undefined;
  const reached = async (started: Started) => {
    if (!(await until(started, async () => await ledgerIsAt(stage, direction, row)))) return false;
    holder = await takeLock(stage, lock);
    const waits = async () => (await observer.findSessions(database)).some(({ waitsForLock }) => waitsForLock);
    return (await until(started, waits, 2500)) || !started.ending();
  };
  const release = async () => {
    await holder?.end().catch(() => {});
    holder = undefined;
  };
  return { text: `held at ${what}`, reached, release };
}

async function takeLock({ observer, database }: Stage, lock: string): Promise<pg.Client | undefined> {
  const client = await observer.open(database).catch(() => undefined);
  try {
    await client?.query("set lock_timeout = 1000");
    await client?.query("begin");
    await client?.query(lock);
    return client;
  } catch {
    // The table does not exist any more, or not yet: nothing is held.
    await client?.end().catch(() => {});
    return undefined;
  }
}

async function ledgerIsAt({ observer, database }: Stage, direction: Direction, count: number): Promise<boolean> {
  const rows = (await observer.peek(database, "select count(*)::int as n from mikro_orm_migrations"))?.[0]?.["n"] ?? 0;
  return direction === "up" ? Number(rows) >= count : Number(rows) <= count;
}

/** Repeats `look` until it is true; false when the run has ended, or after `patienceMs`. */
async function until(started: Started, look: () => Promise<boolean>, patienceMs = 60_000): Promise<boolean> {
  for (
    const deadline = performance.now() + patienceMs;
    !started.ending() && performance.now() < deadline;
    await sleep(4)
  )
    if (await look()) return true;
  return false;
}

function statementsOf({ history }: Stage, { direction, from, to }: Way): string[] {
  return moves(from, to).flatMap(({ index }) => history[index]?.[direction].statements ?? []);
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}
