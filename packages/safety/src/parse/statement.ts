import type { Node } from "@pgsql/types";
import { loadModule, parseSync } from "libpg-query";

/** One SQL command of a migration. */
export interface Statement {
  /** The command's text, without what stands between commands. */
  readonly sql: string;
  /** The number of the `addSql` text that it is in, from 0. */
  readonly part: number;
  /** Where the command begins in that text, in characters from 0. */
  readonly offset: number;
  /** Undefined: PostgreSQL's parser refuses the text that it is in. */
  readonly node: Node | undefined;
  /** Why the parser refuses it. */
  readonly error?: string;
}

/** Loads PostgreSQL's parser; needed once before `parseStatements`. */
export async function loadParser(): Promise<void> {
  await loadModule();
}

/** Splits a migration's texts into commands, with PostgreSQL's own parser. */
export function parseStatements(texts: readonly string[]): Statement[] {
  return texts.flatMap((text, part) => parseText(text, part));
}

function parseText(text: string, part: number): Statement[] {
  try {
    const { stmts = [] } = parseSync(text);
    // The parser counts bytes; most texts have one a character.
    const bytes = /[^\0-\x7f]/.test(text) ? Buffer.from(text) : undefined;
    const slice = (from: number, to?: number) => bytes?.subarray(from, to).toString() ?? text.slice(from, to);
    return stmts.map(({ stmt, stmt_location = 0, stmt_len }) => {
      const raw = slice(stmt_location, stmt_len ? stmt_location + stmt_len : undefined);
      const sql = raw.replace(leading, "");
      return { sql: sql.trim(), part, offset: slice(0, stmt_location).length + raw.length - sql.length, node: stmt };
    });
  } catch (error) {
    return [{ sql: text.trim(), part, offset: 0, node: undefined, error: (error as Error).message }];
  }
}

// Blanks and comments before a command belong to it as the parser sees it.
const leading = /^(\s|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)+/;
