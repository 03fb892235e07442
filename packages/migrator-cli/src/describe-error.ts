import path from "node:path";
import { escapeControls, MigrationFailedError, MigratorError } from "@thedata/migrator/internal";
import type { Output } from "./output.ts";

/** The `error` of a JSON document. */
export interface ErrorDocument {
  readonly code: string;
  readonly message: string;
  readonly sqlState: string | null;
  readonly statement: string | null;
  readonly migration: string | null;
}

/** Turns any error into an `ErrorDocument`. */
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

/** Describes an error for people, after the word "error": what happened, where, and PostgreSQL's own message. */
export function describeError({ paint }: Pick<Output, "paint">, error: unknown): string[] {
  const [first, ...more] = toLines(error);
  return [`${paint("red", "error:")} ${first}`, ...more];
}

/** Describes an error without the word "error"; a line break within an entry is not ours and is escaped later. */
export function toLines(error: unknown): string[] {
  if (!(error instanceof MigratorError)) return describeBug(error);
  // PostgreSQL's message may quote the rest of a statement.
  const lines = error.lines.map((line) => clipLine(line, 0, 2000).text);
  return error instanceof MigrationFailedError ? [...lines, ...describeFailure(error)] : lines;
}

function describeBug(error: unknown): string[] {
  const { stack = "" } = error as { stack?: string };
  const frames = stack.split("\n").filter((line) => /^ {4}at /.test(line));
  return [`This is a bug in migrator, please report it: ${String(error)}`, ...frames];
}

function describeFailure({ sqlState, detail, hint, statement, position, place }: MigrationFailedError): string[] {
  const at = place && path.relative("", place.file) + (place.line === null ? "" : `:${place.line}`);
  return [
    ...label("  at        ", at),
    ...(sqlState ? [`  SQLSTATE  ${sqlState}`] : []),
    ...label("  detail    ", detail),
    ...label("  hint      ", hint),
    ...(statement === null ? [] : ["  statement", ...pointAt(statement, position).map((line) => `    ${line}`)]),
  ];
}

/** PostgreSQL lists dependent objects one per line. */
function label(name: string, text: string | null): string[] {
  const lines = text ? text.split("\n").map((line) => clipLine(line, 0, 500).text) : [];
  return lines.map((line, index) => `${index === 0 ? name : " ".repeat(name.length)}${line}`);
}

/** The statement's lines around PostgreSQL's error position with a caret below it, or its first lines without one. */
function pointAt(statement: string, position: number | null): string[] {
  const lines = statement.split(/\r?\n/);
  // PostgreSQL's position counts characters, not UTF-16 code units.
  const before = [...statement]
    .slice(0, (position ?? 1) - 1)
    .join("")
    .split(/\r?\n/);
  const [row, column] = [before.length - 1, before.at(-1)?.length ?? 0];
  const [from, to] = [Math.max(0, row - 6), row + 7];
  const shown = lines.slice(from, to).flatMap((line, index) => {
    if (position === null || from + index !== row) return [clipLine(line, 0).text];
    const { text, caret } = clipLine(line, column);
    return [text, `${caret}^`];
  });
  return [...(from > 0 ? ["…"] : []), ...shown, ...(to < lines.length ? ["…"] : [])];
}

/**
 * Clips a line to about `limit` characters around `column`; `caret` is the indent that puts a caret below that column.
 */
function clipLine(line: string, column: number, limit = 160): { text: string; caret: string } {
  const start = Math.max(0, Math.min(column - limit / 2, line.length - limit));
  const [head, tail] = [trimHalves(line.slice(start, column)), trimHalves(line.slice(column, start + limit))];
  const before = `${start > 0 ? "…" : ""}${escapeControls(head)}`;
  const after = `${escapeControls(tail)}${start + limit < line.length ? "…" : ""}`;
  return { text: before + after, caret: before.replaceAll(/[^\t]/g, " ") };
}

/** Removes half of a surrogate pair where the text was cut. */
function trimHalves(text: string): string {
  return text.replaceAll(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "");
}
