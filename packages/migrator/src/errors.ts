/** What went wrong, in one word that programs can test. The CLI maps it to an exit code. */
export type ErrorCode =
  | "configuration"
  | "connection"
  | "unknown-migration"
  | "broken-migration"
  | "refused"
  | "ahead"
  | "locked"
  | "failed"
  | "interrupted";

/** Something in a history that a person must decide on. */
export interface Problem {
  readonly code:
    | "out-of-order"
    | "missing"
    | "changed"
    | "irreversible"
    | "duplicate"
    | "invalid-index"
    | "half-done"
    | "empty"
    | "unknown-migration";
  /** The migration it is about; null: the history as a whole. */
  readonly migration: string | null;
  /** What is wrong and what to do next, in full sentences. */
  readonly message: string;
}

/** Every error that the engine throws on purpose. Its message never holds a password. */
export class MigratorError extends Error {
  readonly code: ErrorCode;
  /** The message as it is to be shown. A line break within one of these is not ours. */
  readonly lines: readonly string[];

  constructor(code: ErrorCode, message: string | readonly string[], options?: ErrorOptions) {
    const lines = [message].flat();
    super(lines.join("\n"), options);
    this.name = new.target.name;
    this.code = code;
    this.lines = lines;
  }
}

/** The server cannot be reached, refuses the login, or has no such database. */
export class ConnectionError extends MigratorError {
  constructor(message: string, options?: ErrorOptions) {
    super("connection", message, options);
  }
}

/** Options, configuration or the migrations folder do not make sense. */
export class ConfigurationError extends MigratorError {
  constructor(message: string, options?: ErrorOptions) {
    super("configuration", message, options);
  }
}

/** No migration, or more than one, is meant by `target`; `candidates` are full names worth suggesting. */
export class UnknownMigrationError extends MigratorError {
  readonly target: string;
  readonly candidates: readonly string[];

  constructor(target: string, candidates: readonly string[], message: string) {
    super("unknown-migration", message);
    this.target = target;
    this.candidates = candidates;
  }
}

/** A migration's file cannot be loaded, or does not hold one migration. */
export class BrokenMigrationError extends MigratorError {
  readonly migration: string;
  /** The line of the file that is at fault, from 1; null where it is not known. */
  readonly line: number | null;

  constructor(migration: string, message: string, options: ErrorOptions & { line?: number | undefined } = {}) {
    super("broken-migration", message, options);
    this.migration = migration;
    this.line = options.line ?? null;
  }
}

/** Another runner held the lock for all the time that we were willing to wait. */
export class LockedError extends MigratorError {
  constructor(message: string) {
    super("locked", message);
  }
}

/** The place in a migration where PostgreSQL said no. */
export interface FailedStatement {
  readonly migration: string;
  /** The statement as it was sent; null when the migration's own code failed. */
  readonly statement: string | null;
  /** Its number in the migration, from 1, and how many there are. */
  readonly number: number | null;
  readonly total: number | null;
  readonly sqlState: string | null;
  /** Where in the statement, in characters from 1, when PostgreSQL says so. */
  readonly position: number | null;
  /** As the server has it; a `MigrationFailedError` shows no value of a row. */
  readonly detail: string | null;
  readonly hint: string | null;
}

// A NULL, a check, and a view's own check: the detail is the whole row.
const rowStates = new Set(["23502", "23514", "44000"]);
// What a key refers to, a unique key, and an exclusion.
const keyStates = new Set(["23503", "23505", "23P01"]);

/** Rows hold secrets, such as the hash of a password: of a key its columns are shown, of a row nothing. */
function withoutValues({ sqlState, detail }: FailedStatement): string | null {
  if (rowStates.has(sqlState ?? "")) return null;
  if (detail === null || !keyStates.has(sqlState ?? "")) return detail;
  // `Key (email, hash)=(…) already exists.`, in whatever language: values may hold brackets too.
  const [start, end] = [detail.indexOf(")=("), detail.lastIndexOf(")")];
  return start < 0 ? null : detail.slice(0, start + 1) + detail.slice(end + 1);
}

/** A migration failed and was rolled back, unless it runs outside a transaction. */
export class MigrationFailedError extends MigratorError implements FailedStatement {
  /** True: nothing of the migration remains. The transaction that it ran in sets it. */
  rolledBack = false;
  /** The migration's file, as an absolute path, and the line in it, from 1; null where they are not known. */
  place: { readonly file: string; readonly line: number | null } | null = null;
  readonly migration: string;
  readonly statement: string | null;
  readonly number: number | null;
  readonly total: number | null;
  readonly sqlState: string | null;
  readonly position: number | null;
  readonly detail: string | null;
  readonly hint: string | null;

  constructor(message: string, failed: FailedStatement, options?: ErrorOptions) {
    // MikroORM writes the detail into the message, values and all.
    super("failed", message.replace(/\n - detail: [\s\S]*$/, ""), options);
    this.migration = failed.migration;
    this.statement = failed.statement;
    this.number = failed.number;
    this.total = failed.total;
    this.sqlState = failed.sqlState;
    this.position = failed.position;
    this.detail = withoutValues(failed);
    this.hint = failed.hint;
  }
}

/** Something speaks against it that a person must decide on; nothing was changed. */
export class RefusedError extends MigratorError {
  constructor(message: string, options?: ErrorOptions) {
    super("refused", message, options);
  }
}

/** The database has migrations that this history does not know yet: it belongs to a newer build. */
export class AheadError extends MigratorError {
  readonly unknown: readonly string[];

  constructor(unknown: readonly string[]) {
    super(
      "ahead",
      `The database is ahead of this build: it has ${unknown.join(", ")}, which this build does not know. Run the newer build, or revert with its "migrator down" first.`,
    );
    this.unknown = unknown;
  }
}

/** The run was asked to stop; the migration under way was rolled back. */
export class InterruptedError extends MigratorError {
  constructor(message = "Interrupted: the statement under way was cancelled and its migration rolled back") {
    super("interrupted", message);
  }
}
