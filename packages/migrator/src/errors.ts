/** The kind of an error, for programs to test. The CLI maps it to an exit code. */
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

/** A problem that a person must decide on. */
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
    | "unsafe"
    | "ends-release"
    | "verdict"
    | "no-undo"
    | "untrusted-undo"
    | "lossy-undo"
    | "not-shared"
    | "unknown-migration";
  /** The migration that the problem is about; null: the history as a whole. */
  readonly migration: string | null;
  /** What is wrong and what to do next, in full sentences. */
  readonly message: string;
}

/** Every error that the engine throws on purpose. Its message never holds a password. */
export class MigratorError extends Error {
  readonly code: ErrorCode;
  /** The lines of the message. A line break inside a line comes from quoted text. */
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

/** `target` fits no migration, or several; `candidates` are full names to suggest. */
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

/** Another runner held the lock for longer than the lock wait. */
export class LockedError extends MigratorError {
  constructor(message: string) {
    super("locked", message);
  }
}

/** The statement of a migration that failed, and what PostgreSQL reported. */
export interface FailedStatement {
  readonly migration: string;
  /** The statement as it was sent; null when the migration's own code failed. */
  readonly statement: string | null;
  /** The statement's number in the migration, from 1; `total` is how many there are. */
  readonly number: number | null;
  readonly total: number | null;
  readonly sqlState: string | null;
  /** The error's position in the statement, in characters from 1; null: PostgreSQL gives none. */
  readonly position: number | null;
  /** The server's DETAIL; a `MigrationFailedError` removes the values of rows from it. */
  readonly detail: string | null;
  readonly hint: string | null;
}

// NOT NULL, CHECK and a view's CHECK OPTION: the detail is the whole row.
const rowStates = new Set(["23502", "23514", "44000"]);
// Foreign key, unique and exclusion constraints: the detail names columns and their values.
const keyStates = new Set(["23503", "23505", "23P01"]);

/** Rows hold secrets, such as password hashes: the detail of a key keeps its columns, that of a row is dropped. */
function withoutValues({ sqlState, detail }: FailedStatement): string | null {
  if (rowStates.has(sqlState ?? "")) return null;
  if (detail === null || !keyStates.has(sqlState ?? "")) return detail;
  // `Key (email, hash)=(…) already exists.`, in any language. Values may contain brackets, so the last `)` counts.
  const [start, end] = [detail.indexOf(")=("), detail.lastIndexOf(")")];
  return start < 0 ? null : detail.slice(0, start + 1) + detail.slice(end + 1);
}

/** A migration failed and was rolled back, unless it runs outside a transaction. */
export class MigrationFailedError extends MigratorError implements FailedStatement {
  /** True: nothing of the migration remains. Set where its transaction is rolled back. */
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
    // MikroORM copies the detail, with its values, into the message.
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

/** A person must decide before the command may run; nothing was changed. */
export class RefusedError extends MigratorError {
  constructor(message: string, options?: ErrorOptions) {
    super("refused", message, options);
  }
}

/** The database has migrations that this history does not know yet: it belongs to a newer build. */
export class AheadError extends MigratorError {
  readonly unknown: readonly string[];

  constructor(unknown: readonly string[], findings: readonly string[] = []) {
    const why = findings.length === 0 ? "" : ` This build does not work there: ${findings.slice(0, 3).join("; ")}.`;
    super(
      "ahead",
      `The database is ahead of this build: it has ${unknown.join(", ")}, which this build does not know.${why} Run the newer build, or revert with its "migrator down" first; without that build, "migrator down --to M" reverts by the undo in the ledger.`,
    );
    this.unknown = unknown;
  }
}

/** The run was aborted; the migration under way was rolled back, unless it runs outside a transaction. */
export class InterruptedError extends MigratorError {
  constructor(message = "Interrupted: the statement under way was cancelled and its migration rolled back") {
    super("interrupted", message);
  }
}
