import { readFileSync } from "node:fs";
import { splitCommands } from "@thedata/catalog/sql";
import { BrokenMigrationError } from "../errors.ts";
import type { MigrationFile } from "./folder.ts";

/** The content of a plain SQL migration. */
export interface SqlScript {
  readonly up: readonly string[];
  /** Null: it cannot be reverted. */
  readonly down: readonly string[] | null;
  readonly transactional: boolean;
  /** True: it depends on nothing but the text of its one file. */
  readonly selfContained: boolean;
}

/** Whether a migration's file is plain SQL. */
export function isSqlFile({ path }: Pick<MigrationFile, "path">): boolean {
  return path.endsWith(".sql");
}

/** The path of the `NAME.down.sql` that belongs to `NAME.up.sql`. */
export function downFileOf(path: string): string {
  return path.replace(/\.up\.sql$/, ".down.sql");
}

/**
 * Reads `NAME.up.sql` with the `NAME.down.sql` beside it, or one file with the marks of dbmate (`-- migrate:up`,
 * `-- migrate:down`, `transaction:false`) or goose (`-- +goose Up`, `-- +goose Down`, `-- +goose NO TRANSACTION`).
 * Throws a `BrokenMigrationError` where it has no marks, or one that cannot be honoured.
 */
export function readSqlFile(file: MigrationFile, source: string): SqlScript {
  return file.path.endsWith(".up.sql") ? readPair(file, source) : readMarked(file, source);
}

function readPair({ path }: MigrationFile, source: string): SqlScript {
  const down = readIfThere(downFileOf(path));
  const transactional = !noTransaction.test(source) && !noTransaction.test(down ?? "");
  const backwards = down === undefined ? null : toStatements(down);
  return { up: toStatements(source), down: backwards, transactional, selfContained: false };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

const mark = /^--[ \t]*(?:migrate:|\+goose[ \t]+)(up|down)\b[^\n]*$/gim;
const noTransaction =
  /^--[ \t]*(?:migrate:(?:up|down)\b[^\n]*\btransaction:[ \t]*false\b|\+goose[ \t]+no[ \t]+transaction\b)/im;

function readMarked(file: MigrationFile, source: string): SqlScript {
  refuseSubstitution(file, source);
  const marks = [...source.matchAll(mark)].map((match) => ({
    direction: (match[1] ?? "").toLowerCase(),
    start: match.index,
    end: match.index + match[0].length,
  }));
  const sections = (direction: string) =>
    marks.flatMap((one, index) =>
      one.direction === direction ? toStatements(source.slice(one.end, marks[index + 1]?.start)) : [],
    );
  if (!marks.some(({ direction }) => direction === "up")) throw withoutMarks(file);
  const down = marks.some(({ direction }) => direction === "down") ? sections("down") : null;
  return { up: sections("up"), down, transactional: !noTransaction.test(source), selfContained: true };
}

function toStatements(sql: string): string[] {
  return splitCommands(sql).map((command) => command.sql);
}

function refuseSubstitution(file: MigrationFile, source: string): void {
  if (!/^--[ \t]*\+goose[ \t]+envsub[ \t]+on\b/im.test(source)) return;
  const message = `${file.path} takes variables from the environment (+goose ENVSUB ON), so the SQL that ran would be unknown: write the values out`;
  throw new BrokenMigrationError(file.name, message);
}

function withoutMarks(file: MigrationFile): BrokenMigrationError {
  return new BrokenMigrationError(
    file.name,
    `${file.path} does not mark which part is up: put "-- migrate:up" and "-- migrate:down" above the two parts, or split it into ${file.name}.up.sql and ${file.name}.down.sql`,
  );
}
