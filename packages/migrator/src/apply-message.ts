import type { EventEmitter } from "node:events";
import type { Client } from "pg";
import { watchBlockers } from "./blockers.ts";
import { isClosed } from "./closed.ts";
import { InterruptedError, MigrationFailedError } from "./errors.ts";
import { SqlExpression } from "./inline.ts";
import type { Run } from "./run.ts";
import { explain, type Statement } from "./send.ts";

/** A migration that is to be sent as one message. */
export interface Message {
  readonly migration: string;
  /** Opens the transaction. */
  readonly begin: readonly string[];
  readonly statements: readonly Statement[];
  /** Records what was done, given an expression for how long it took, in milliseconds. */
  readonly record: (durationMs: SqlExpression) => string;
  /** Closes the transaction, and leaves the session as it was. */
  readonly commit: string;
  /**
   * True: each statement is one command, read as it stands under any settings, so that the server's own word on it
   * tells it apart. False: a marker behind each does.
   */
  readonly plain: boolean;
}

// What could end the transaction (`end` stands behind a comment too), talk to the client, or have later text read differently than it stands.
const needsOwnMessage =
  /\b(commit|rollback|abort|end|prepare|copy|statement_timestamp|set\s+(session\s+characteristics|(session\s+|local\s+)?transaction)|set\s+names|client_encoding|standard_conforming_strings|backslash_quote)\b|\0/i;
const longest = 1_000_000;

/** Whether statements can be sent together and still be told apart: else each takes a message of its own. */
export function fitsMessage(statements: readonly string[]): boolean {
  const length = statements.reduce((sum, sql) => sum + sql.length, 0);
  return length < longest && statements.every((sql) => !needsOwnMessage.test(sql) && isClosed(sql));
}

/**
 * Sends a migration as one message, from begin to commit. False when nothing of it is done, because PostgreSQL could
 * not read it or read it differently: then its statements must be sent one by one. Throws like `send`.
 *
 * After each statement that is not plain stands a marker. Those that came back tell which statement failed; and the
 * server records, and so commits, only in the transaction that has seen them all, in their order.
 */
export async function sendMessage(run: Run, message: Message): Promise<boolean> {
  if (run.signal?.aborted) throw new InterruptedError();
  const marker = `migrator ${run.runId}`;
  const { text, starts } = message.plain ? compose(message) : composeMarked(message, marker);
  const echo = listen(run.connection.client, marker);
  try {
    await watched(run, message, async () => await run.connection.client.query(text));
    return true;
  } catch (error) {
    const unread = echo.commands === 0 || !isInOrder(echo.markers) || isMiscount(error as Error);
    const done = message.plain ? echo.commands - message.begin.length : echo.markers.length;
    if (!unread || run.connection.isLost()) throw locate(run, message, error as Error, { text, starts, done });
    await run.connection.query("rollback");
    return false;
  } finally {
    echo.stop();
  }
}

interface Text {
  readonly text: string;
  /** Where each statement starts in it. */
  readonly starts: number[];
}

function compose({ begin, statements, record, commit }: Message): Text {
  const starts: number[] = [];
  let text = `${begin.join("; ")};\n`;
  for (const { sql } of statements) {
    starts.push(text.length);
    text += `${sql}\n;`;
  }
  return { text: `${text}${record(elapsed)};\n${commit}`, starts };
}

// A setting of the transaction: with its end, whoever ends it, the count is gone.
const count = "migrator.count";

function composeMarked({ begin, statements, record, commit }: Message, marker: string): Text {
  const starts: number[] = [];
  let text = `${begin.join("; ")}; set local ${count} = 'migrator';\n`;
  let counted = "migrator";
  for (const { sql, number } of statements) {
    starts.push(text.length);
    counted += ` ${number}`;
    // On a line of its own: the statement may end in a comment.
    text += `${sql}\n;select set_config('${count}', current_setting('${count}') || ' ${number}', true) as "${marker}";\n`;
  }
  return { text: `${text}${record(timedIfCounted(counted))};\n${commit}`, starts };
}

/** The time since the transaction began, in milliseconds. */
const elapsed = new SqlExpression("extract(epoch from clock_timestamp() - now()) * 1000");

/** The same; an error of the server where it has not counted so far. */
function timedIfCounted(counted: string): SqlExpression {
  const setting = `current_setting('${count}', true)`;
  const nothing = `(case ${setting} when '${counted}' then '0' else 'migrator ' || coalesce(${setting}, '') end)::float8`;
  return new SqlExpression(`${elapsed.sql} + ${nothing}`);
}

function isMiscount({ code, message }: Error & { code?: string }): boolean {
  return code === "22P02" && message.includes('"migrator ');
}

interface Echo {
  readonly markers: readonly number[];
  /** How many commands were done. None: PostgreSQL reads the whole message before it does anything. */
  readonly commands: number;
  stop(): void;
}

/** Hears markers and commands as they come: after an error the driver gives no rows. */
function listen(client: Client, marker: string): Echo {
  const { connection } = client as unknown as { connection: EventEmitter };
  const echo = { markers: [] as number[], commands: 0, stop: () => void 0 };
  let isMarker = false;
  const handlers = {
    rowDescription: ({ fields }: { fields: { name: string }[] }) => (isMarker = fields[0]?.name === marker),
    dataRow: ({ fields }: { fields: unknown[] }) => isMarker && echo.markers.push(lastNumber(String(fields[0]))),
    commandComplete: () => echo.commands++,
  };
  for (const [name, handler] of Object.entries(handlers)) connection.on(name, handler);
  const stop = () => {
    for (const [name, handler] of Object.entries(handlers)) connection.off(name, handler);
  };
  return Object.assign(echo, { stop });
}

function lastNumber(counted: string): number {
  return Number(counted.slice(counted.lastIndexOf(" ")));
}

function isInOrder(markers: readonly number[]): boolean {
  return markers.every((number, index) => number === index + 1);
}

async function watched(run: Run, { migration, statements }: Message, work: () => Promise<unknown>): Promise<void> {
  const patience = { patienceMs: run.lockTimeoutMs * 0.6, again: statements.length > 1 };
  await watchBlockers(run.connection, patience, (blockers) => run.onBlocked?.(migration, blockers), work);
}

/** The error as if its statement had been sent alone: its number, and the place in it. */
function locate(
  run: Run,
  { migration, statements }: Message,
  error: Error & { position?: string | undefined },
  { text, starts, done }: { text: string; starts: readonly number[]; done: number },
): Error {
  const statement = statements[done];
  // PostgreSQL counts characters.
  const before = Array.from(text.slice(0, starts[done] ?? 0)).length;
  const position = Number(error.position ?? 0) - before;
  const within = statement !== undefined && position > 0 && position <= statement.sql.length + 1;
  error.position = within ? String(position) : undefined;
  const failed = explain(run, migration, error, statement);
  // Of a connection that is lost nobody knows.
  if (failed instanceof MigrationFailedError) failed.rolledBack = !run.connection.isLost();
  return failed;
}
