import type { EventEmitter } from "node:events";
import type { Client } from "pg";
import { watchBlockers } from "./blockers.ts";
import { isClosed } from "./closed.ts";
import { InterruptedError, MigrationFailedError } from "./errors.ts";
import type { Run } from "./run.ts";
import { explain, type Statement } from "./send.ts";

/** A migration that is to be sent as one message. */
export interface Message {
  readonly migration: string;
  /** Opens the transaction. */
  readonly begin: string;
  readonly statements: readonly Statement[];
  /** Records what was done. */
  readonly record: string;
}

// What could end the transaction, talk to the client, or have later text read differently than it stands.
const needsOwnMessage =
  /\b(commit|rollback|abort|prepare\s+transaction|copy|set\s+(session\s+characteristics|(session\s+|local\s+)?transaction)|set\s+names|client_encoding|standard_conforming_strings|backslash_quote)\b|(^|;)\s*end\b|\0/i;
const longest = 1_000_000;

/** Whether statements can be sent together and still be told apart: else each takes a message of its own. */
export function fitsMessage(statements: readonly string[]): boolean {
  const length = statements.reduce((sum, sql) => sum + sql.length, 0);
  return length < longest && statements.every((sql) => !needsOwnMessage.test(sql) && isClosed(sql));
}

/**
 * Sends a migration as one message and leaves its transaction open, ready to commit. False when nothing of it is
 * done, because PostgreSQL could not read it or read it differently: then its statements must be sent one by one.
 * Throws like `send`: after each statement stands a marker, so that the markers that came back tell which failed.
 */
export async function sendMessage(run: Run, message: Message): Promise<boolean> {
  if (run.signal?.aborted) throw new InterruptedError();
  const { client } = run.connection;
  const marker = `migrator ${run.runId}`;
  const { text, starts } = compose(message, marker);
  const echo = listen(client, marker);
  try {
    await watched(run, message, async () => await client.query(text));
  } catch (error) {
    if (!run.connection.isLost() && (!echo.begun || !isInOrder(echo.markers))) return await undo(run);
    throw locate(run, message, error as Error, { text, starts, done: echo.markers.length });
  } finally {
    echo.stop();
  }
  // An interrupt that came before the server was at work has cancelled nothing.
  if (run.signal?.aborted) throw new InterruptedError();
  const complete = isInOrder(echo.markers) && echo.markers.length === message.statements.length;
  return (complete && client.getTransactionStatus() === "T") || (await undo(run));
}

function compose({ begin, statements, record }: Message, marker: string): { text: string; starts: number[] } {
  const starts: number[] = [];
  let text = `${begin};\n`;
  for (const { sql, number } of statements) {
    starts.push(text.length);
    // On a line of its own: the statement may end in a comment.
    text += `${sql}\n;select ${number} as "${marker}";\n`;
  }
  return { text: text + record, starts };
}

interface Echo {
  readonly markers: readonly number[];
  /** Whether the transaction was opened: PostgreSQL reads the whole message before it does anything. */
  readonly begun: boolean;
  stop(): void;
}

/** Hears the markers as they come: after an error the driver gives no rows. */
function listen(client: Client, marker: string): Echo {
  const { connection } = client as unknown as { connection: EventEmitter };
  const echo = { markers: [] as number[], begun: false, stop: () => void 0 };
  let isMarker = false;
  const handlers = {
    rowDescription: ({ fields }: { fields: { name: string }[] }) => (isMarker = fields[0]?.name === marker),
    dataRow: ({ fields }: { fields: unknown[] }) => isMarker && echo.markers.push(Number(fields[0])),
    commandComplete: ({ text }: { text: string }) => (echo.begun ||= text === "BEGIN"),
  };
  for (const [name, handler] of Object.entries(handlers)) connection.on(name, handler);
  const stop = () => {
    for (const [name, handler] of Object.entries(handlers)) connection.off(name, handler);
  };
  return Object.assign(echo, { stop });
}

function isInOrder(markers: readonly number[]): boolean {
  return markers.every((number, index) => number === index + 1);
}

async function watched(run: Run, { migration, statements }: Message, work: () => Promise<unknown>): Promise<void> {
  const patience = { patienceMs: run.lockTimeoutMs * 0.6, again: statements.length > 1 };
  await watchBlockers(run.connection, patience, (blockers) => run.onBlocked?.(migration, blockers), work);
}

async function undo(run: Run): Promise<false> {
  await run.connection.query("rollback");
  return false;
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
  if (failed instanceof MigrationFailedError) failed.rolledBack = true;
  return failed;
}
