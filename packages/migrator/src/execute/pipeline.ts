import type { Client, DatabaseError, Submittable } from "pg";
import { isClosed, splitCommands } from "@thedata/catalog/sql";

/** An error of the server's or of code. */
export type Cause = Error & Partial<Omit<DatabaseError, keyof Error>>;

/** One command of a pipeline. */
export interface PipelineCommand {
  readonly text: string;
  readonly values?: readonly unknown[];
  /** The number of the migration's statement that it belongs to, from 1; undefined: the runner's own command. */
  readonly statement?: number;
  /** Where the command starts in its statement, in characters from 0. */
  readonly offset?: number;
}

/** Where a pipeline failed. */
export interface PipelineFailure {
  readonly error: Cause;
  /** The command that failed; undefined where the connection was lost after the last answer. */
  readonly command: PipelineCommand | undefined;
}

/** Splits a migration's statements into commands, because the server parses each alone. */
export function toCommands(statements: readonly string[]): PipelineCommand[] {
  return statements.flatMap((sql, index) => {
    const statement = index + 1;
    // An unclosed quote, comment or parenthesis is a syntax error, which the server reports.
    if (!isClosed(sql)) return [{ text: sql, statement, offset: 0 }];
    return splitCommands(sql).map(({ sql: text, start }) => ({
      text,
      statement,
      // PostgreSQL counts in characters, JavaScript in UTF-16 units.
      offset: start === 0 ? 0 : Array.from(sql.slice(0, start)).length,
    }));
  });
}

/**
 * Sends commands in one write by the extended protocol, each with its own Parse, Bind and Execute, and one Sync at the
 * end: the server stops at the first that fails, and the number of answers tells which it was. Returns the failure, or
 * undefined when all are done.
 */
export async function sendPipeline(
  client: Client,
  commands: readonly PipelineCommand[],
): Promise<PipelineFailure | undefined> {
  const pipeline = new Pipeline(commands);
  const error = await new Promise<Cause | undefined>((resolve) => {
    pipeline.callback = (cause) => resolve(cause ?? undefined);
    client.query(pipeline);
  });
  return error && { error, command: commands[pipeline.answered] };
}

/** A parameter in the protocol's text format. */
function toText(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** The part of the driver's connection that a pipeline uses. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { text: string }): void;
  bind(message: { values: readonly unknown[] }): void;
  execute(message: object): void;
  sync(): void;
}

/** A query object for the driver that sends many commands. */
class Pipeline implements Submittable {
  /** The driver calls it once: with the error, or when all is done. */
  callback: (error: Cause | null) => void = () => {};
  /** How many commands the server has answered with success. */
  answered = 0;
  readonly #commands: readonly PipelineCommand[];

  constructor(commands: readonly PipelineCommand[]) {
    this.#commands = commands;
  }

  submit(connection: object): void {
    const wire = connection as Wire;
    wire.stream.cork();
    try {
      for (const { text, values = [] } of this.#commands) {
        wire.parse({ text });
        wire.bind({ values: values.map(toText) });
        wire.execute({});
      }
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  }

  handleCommandComplete(): void {
    this.answered++;
  }

  handleEmptyQuery(): void {
    this.answered++;
  }

  // Rows that statements return are ignored.
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handlePortalSuspended(): void {}
  handleCopyData(): void {}
  // COPY FROM STDIN is refused before. The server reports what follows as a violation of COPY's protocol and ends the
  // session.
  handleCopyInResponse(): void {}

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(null);
  }
}
