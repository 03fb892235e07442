import { type Token, tokenize } from "./tokens.ts";

/** One command of a text, from its first to its last token; token positions count from the start of the text. */
export interface Command {
  /** Without its semicolon, and without comments before and after it. */
  readonly sql: string;
  readonly start: number;
  readonly tokens: readonly Token[];
}

interface Structure {
  readonly tokens: readonly Token[];
  /** The indexes of the semicolons that end a command. */
  readonly ends: readonly number[];
  readonly closed: boolean;
}

function readStructure(sql: string): Structure {
  const { tokens, closed } = tokenize(sql);
  const ends: number[] = [];
  let [depth, bodies] = [0, 0];
  for (const [index, token] of tokens.entries()) {
    const sign = token.kind === "symbol" ? sql[token.start] : "";
    if (sign === "(") depth++;
    else if (sign === ")") depth = Math.max(0, depth - 1);
    else if (depth > 0) continue;
    else if (opensBody(sql, tokens, index, (ends.at(-1) ?? -1) + 1)) bodies++;
    else if (bodies > 0) bodies -= closesBody(sql, tokens, index) ? 1 : 0;
    else if (sign === ";") ends.push(index);
  }
  return { tokens, ends, closed: closed && depth === 0 && bodies === 0 };
}

function isWord(sql: string, token: Token | undefined, word: string): boolean {
  if (token?.kind !== "word" || token.end - token.start !== word.length) return false;
  return sql.slice(token.start, token.end).toLowerCase() === word;
}

/**
 * Whether the token ends `begin atomic` in a `create function` or `create procedure`: semicolons follow in the body.
 */
function opensBody(sql: string, tokens: readonly Token[], index: number, first: number): boolean {
  if (!isBeginAtomic(sql, tokens, index) || !isWord(sql, tokens[first], "create")) return false;
  const kind = isWord(sql, tokens[first + 1], "or") ? first + 3 : first + 1;
  return isWord(sql, tokens[kind], "function") || isWord(sql, tokens[kind], "procedure");
}

function isBeginAtomic(sql: string, tokens: readonly Token[], index: number): boolean {
  return isWord(sql, tokens[index], "atomic") && isWord(sql, tokens[index - 1], "begin");
}

/** Whether the token is an `end` that closes a body; any other `end` belongs to a `case` or is a name. */
function closesBody(sql: string, tokens: readonly Token[], index: number): boolean {
  if (!isWord(sql, tokens[index], "end")) return false;
  const before = tokens[index - 1];
  return isBeginAtomic(sql, tokens, index - 1) || (before?.kind === "symbol" && sql[before.start] === ";");
}

/**
 * Splits a text into commands at semicolons outside parentheses and `begin atomic … end`; omits those without a token.
 */
export function splitCommands(sql: string): Command[] {
  const { tokens, ends } = readStructure(sql);
  const pieces = [...ends, tokens.length].map((end, index) => tokens.slice((ends[index - 1] ?? -1) + 1, end));
  return pieces.flatMap((piece) => {
    const [first, last] = [piece[0], piece.at(-1)];
    return first && last ? [{ sql: sql.slice(first.start, last.end), start: first.start, tokens: piece }] : [];
  });
}

/** The unquoted words at the start of a command, in lower case, at most `limit`. */
export function leadingWords({ sql, start, tokens }: Command, limit = 4): string[] {
  const other = tokens.findIndex(({ kind }) => kind !== "word");
  const words = tokens.slice(0, Math.min(limit, other < 0 ? tokens.length : other));
  return words.map((token) => sql.slice(token.start - start, token.end - start).toLowerCase());
}

/** The transaction control of a command; undefined for all others, including savepoints and `rollback to`. */
export function transactionControlOf(command: Command): "begin" | "commit" | "rollback" | "prepare" | undefined {
  const [first = "", second = "", third] = leadingWords(command, 3);
  if (first === "begin" || (first === "start" && second === "transaction")) return "begin";
  if (first === "commit" || first === "end") return "commit";
  if (first === "abort") return "rollback";
  // A prepared statement may be named `transaction`.
  if (first === "prepare")
    return second === "transaction" && command.tokens[2]?.kind === "string" ? "prepare" : undefined;
  const toSavepoint = second === "to" || (third === "to" && (second === "work" || second === "transaction"));
  return first === "rollback" && !toSavepoint ? "rollback" : undefined;
}

/** The first command of a text that begins or ends a transaction. */
export function findTransactionControl(sql: string): Command | undefined {
  return splitCommands(sql).find((command) => transactionControlOf(command) !== undefined);
}

/** False when a quote, comment, parenthesis or `begin atomic` is left open and would include the text after it. */
export function isClosed(sql: string): boolean {
  return readStructure(sql).closed;
}

/** The parts of a list, split at commas outside quotes, parentheses and brackets, trimmed. */
export function splitList(sql: string): string[] {
  return readList(sql, 0).parts;
}

/** The parts of a list that begins at `from`, and the position of its closing bracket: -1 where there is none. */
export function readList(sql: string, from: number): { readonly parts: string[]; readonly end: number } {
  const text = sql.slice(from);
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  const { tokens } = tokenize(text);
  for (const token of tokens) {
    const sign = token.kind === "symbol" ? text.charAt(token.start) : "";
    if (sign === "(" || sign === "[") depth++;
    else if ((sign === ")" || sign === "]") && --depth < 0)
      return { parts: finish(parts, text.slice(start, token.start)), end: from + token.start };
    else if (sign === "," && depth === 0) {
      parts.push(text.slice(start, token.start).trim());
      start = token.end;
    }
  }
  return { parts: finish(parts, text.slice(start)), end: -1 };
}

/** Adds the last part; an empty list has no parts, not one empty part. */
function finish(parts: readonly string[], last: string): string[] {
  return parts.length === 0 && isEmptySql(last) ? [] : [...parts, last.trim()];
}

/** True for a text of only comments, blanks and semicolons. */
export function isEmptySql(sql: string): boolean {
  return splitCommands(sql).length === 0;
}
