import { MigrationFailedError } from "../errors.ts";
import { readSource } from "../history/folder.ts";
import type { History } from "../history/history.ts";
import { scriptOf } from "../history/load.ts";
import { locateStatements } from "@thedata/catalog/sql";
import type { Direction } from "../report.ts";

/** Tells a failure its file and line, where the file has the statement as it was sent. */
export async function placeFailure(history: History, direction: Direction, error: unknown): Promise<void> {
  if (!(error instanceof MigrationFailedError)) return;
  const file = history.folder.files.find(({ name }) => name === error.migration);
  if (!file || file.listed) return;
  error.place = { file: file.path, line: await findLine(history, direction, error, readSource(file).toString()) };
}

async function findLine(
  history: History,
  direction: Direction,
  { migration, statement, number, position }: MigrationFailedError,
  source: string,
): Promise<number | null> {
  if (statement === null || number === null) return null;
  const { statements } = scriptOf(await history.load(migration), direction);
  const lineOf = locateStatements(source, statements)[number - 1];
  // PostgreSQL counts characters.
  return lineOf ? lineOf([...statement].slice(0, (position ?? 1) - 1).join("")) : null;
}
