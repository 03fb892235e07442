import { MigrationFailedError, MigratorError } from "@thedata/migrator";

/** An error as the `error` of a JSON document. */
export interface ErrorDocument {
  readonly code: string;
  readonly message: string;
  readonly sqlState: string | null;
  readonly statement: string | null;
  readonly migration: string | null;
}

/** An error for programs. */
export function toDocument(error: unknown): ErrorDocument {
  const failed = error instanceof MigrationFailedError ? error : undefined;
  const { migration = null } = error as { migration?: string };
  return {
    code: error instanceof MigratorError ? error.code : "bug",
    message: (error as Error).message,
    sqlState: failed?.sqlState ?? null,
    statement: failed?.statement ?? null,
    migration,
  };
}

/** An error for people: what happened, where, and PostgreSQL's own words. */
export function toLines(error: unknown): string[] {
  if (!(error instanceof MigratorError))
    return [`This is a bug in migrator, please report it: ${(error as Error).stack ?? String(error)}`];
  return error instanceof MigrationFailedError ? [error.message, ...describeFailure(error)] : [error.message];
}

function describeFailure({ sqlState, detail, hint, statement, position }: MigrationFailedError): string[] {
  return [
    ...(sqlState ? [`  SQLSTATE  ${sqlState}`] : []),
    ...(detail ? [`  detail    ${detail}`] : []),
    ...(hint ? [`  hint      ${hint}`] : []),
    ...(statement === null ? [] : ["  statement", ...pointAt(statement, position).map((line) => `    ${line}`)]),
  ];
}

/** The statement's lines around the place that PostgreSQL named, with a caret below it; the first lines without one. */
function pointAt(statement: string, position: number | null): string[] {
  const lines = statement.split("\n");
  if (position === null) return clip(lines, 0);
  const before = [...statement]
    .slice(0, position - 1)
    .join("")
    .split("\n");
  const [line, column] = [before.length - 1, before.at(-1)?.length ?? 0];
  return clip(lines.toSpliced(line + 1, 0, `${" ".repeat(column)}^`), line);
}

function clip(lines: readonly string[], middle: number): string[] {
  const [from, to] = [Math.max(0, middle - 6), middle + 8];
  return [...(from > 0 ? ["…"] : []), ...lines.slice(from, to), ...(to < lines.length ? ["…"] : [])];
}
