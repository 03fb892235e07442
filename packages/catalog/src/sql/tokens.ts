/**
 * One token of SQL, without comments and blanks; `start` and `end` are offsets in UTF-16 units. A `word` is a keyword
 * or an unquoted name, an `identifier` a quoted name; a `string` is any literal in quotes or dollar quotes, with its
 * prefix and its continuation on later lines; a `symbol` is everything else: `, ( ) [ ] . ; : ::`.
 */
export interface Token {
  readonly kind: "word" | "identifier" | "string" | "number" | "parameter" | "operator" | "symbol";
  readonly start: number;
  readonly end: number;
}

const [blank, wordStart, wordPart, digit, operator] = [1, 2, 4, 8, 16] as const;
const classes = new Uint8Array(128);
mark(" \t\n\r\f\v", blank);
mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", wordStart | wordPart);
mark("0123456789", wordPart | digit);
mark("$", wordPart);
mark("~!@#^&|`?+-*/%<>=", operator);

function mark(characters: string, flags: number): void {
  for (const character of characters) classes[character.charCodeAt(0)] = flags;
}

/** PostgreSQL treats every non-ASCII character as a letter. */
function isOf(flags: number, sql: string, at: number): boolean {
  const code = sql.charCodeAt(at);
  return ((code > 127 ? wordStart | wordPart : (classes[code] ?? 0)) & flags) !== 0;
}

/**
 * Splits SQL into tokens as PostgreSQL's scanner does with `standard_conforming_strings` on. `closed` is false when a
 * quote, a dollar quote or a comment does not end: it is then the last token. Malformed numbers are accepted.
 */
export function tokenize(sql: string): { readonly tokens: readonly Token[]; readonly closed: boolean } {
  const tokens: Token[] = [];
  for (let at = 0; at < sql.length;) {
    const kind = kindAt(sql, at);
    const end = kind === "operator" ? pushOperators(tokens, sql, at) : endOf(kind, sql, at);
    if (end < 0) return { tokens: [...tokens, open(kind, at, sql.length)], closed: false };
    if (kind !== "blank" && kind !== "operator") tokens.push({ kind, start: at, end });
    at = end;
  }
  return { tokens, closed: true };
}

/** The token for an unclosed comment or literal, so that callers do not lose its text. */
function open(kind: Token["kind"] | "blank", start: number, end: number): Token {
  return { kind: kind === "blank" ? "symbol" : kind, start, end };
}

function kindAt(sql: string, at: number): Token["kind"] | "blank" {
  if (isOf(wordStart, sql, at)) return kindOfWord(sql, at);
  if (isOf(blank, sql, at)) return "blank";
  if (isOf(digit, sql, at)) return "number";
  if (isOf(operator, sql, at)) return isComment(sql, at) ? "blank" : "operator";
  return kindOfSign(sql, at);
}

function kindOfSign(sql: string, at: number): Token["kind"] {
  const sign = sql[at];
  if (sign === "'") return "string";
  if (sign === '"') return "identifier";
  if (sign === "." && isOf(digit, sql, at + 1)) return "number";
  if (sign !== "$") return "symbol";
  if (isOf(digit, sql, at + 1)) return "parameter";
  return tagAt(sql, at) ? "string" : "symbol";
}

function isComment(sql: string, at: number): boolean {
  const [first, second] = [sql[at], sql[at + 1]];
  return first === "-" ? second === "-" : first === "/" && second === "*";
}

/** A letter may be the prefix of a literal. */
function kindOfWord(sql: string, at: number): Token["kind"] {
  const next = sql[at + 1];
  if (next === "'" && "eEbBxX".includes(sql.charAt(at))) return "string";
  if (next !== "&" || !"uU".includes(sql.charAt(at))) return "word";
  if (sql[at + 2] === "'") return "string";
  return sql[at + 2] === '"' ? "identifier" : "word";
}

const tag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;

function tagAt(sql: string, at: number): string | undefined {
  tag.lastIndex = at;
  return tag.exec(sql)?.[0];
}

const decimal = String.raw`\d(?:_?\d)*`;
const number = new RegExp(
  String.raw`0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:${decimal}(?:\.(?!\.)(?:${decimal})?)?|\.${decimal})(?:[eE][+-]?${decimal})?`,
  "y",
);

/** The end of the token at `at`; negative: it is not closed. */
function endOf(kind: Token["kind"] | "blank", sql: string, at: number): number {
  if (kind === "blank") return endOfBlank(sql, at);
  if (kind === "word") return skip(wordPart, sql, at + 1);
  if (kind === "parameter") return skip(digit, sql, at + 1);
  if (kind === "string") return endOfString(sql, at);
  if (kind === "identifier") return endOfIdentifier(sql, sql.indexOf('"', at) + 1);
  if (kind === "symbol") return at + (isPair(sql[at], sql[at + 1]) ? 2 : 1);
  number.lastIndex = at;
  return number.test(sql) ? number.lastIndex : at + 1;
}

function isPair(first: string | undefined, second: string | undefined): boolean {
  return first === ":" ? second === ":" || second === "=" : first === "." && second === ".";
}

function skip(flags: number, sql: string, from: number): number {
  let at = from;
  while (isOf(flags, sql, at)) at++;
  return at;
}

function endOfBlank(sql: string, at: number): number {
  if (sql[at] === "-") return endOfLine(sql, at);
  return sql[at] === "/" ? endOfComment(sql, at + 2) : skip(blank, sql, at);
}

function endOfLine(sql: string, at: number): number {
  return find(/[\n\r]/g, sql, at, sql.length);
}

function find(pattern: RegExp, sql: string, from: number, otherwise = -1): number {
  pattern.lastIndex = from;
  return pattern.exec(sql)?.index ?? otherwise;
}

/** Comments nest. */
function endOfComment(sql: string, from: number): number {
  let at = from;
  for (let depth = 1; depth > 0; at += 2) {
    at = find(/\/\*|\*\//g, sql, at);
    if (at < 0) return -1;
    depth += sql[at] === "/" ? 1 : -1;
  }
  return at;
}

function endOfIdentifier(sql: string, from: number): number {
  let end = sql.indexOf('"', from);
  while (end >= 0 && sql[end + 1] === '"') end = sql.indexOf('"', end + 2);
  return end < 0 ? -1 : end + 1;
}

function endOfString(sql: string, start: number): number {
  if (sql[start] === "$") return endOfDollars(sql, start);
  const escapes = "eE".includes(sql.charAt(start));
  // A doubled quote stands for one quote, but not in a bit-string literal.
  const pairs = !"bBxX".includes(sql.charAt(start));
  for (let at = sql.indexOf("'", start) + 1; ;) {
    const sign = escapes ? find(/['\\]/g, sql, at) : sql.indexOf("'", at);
    if (sign < 0) return -1;
    const isEscaped = sql[sign] === "\\" || (pairs && sql[sign + 1] === "'");
    at = isEscaped ? sign + 2 : findContinuation(sql, sign + 1);
    if (at < 0) return sign + 1;
  }
}

function endOfDollars(sql: string, start: number): number {
  const delimiter = tagAt(sql, start) ?? "";
  const end = sql.indexOf(delimiter, start + delimiter.length);
  return end < 0 ? -1 : end + delimiter.length;
}

/** A literal continues in the next quotes if only blanks and `--` comments, with a line break, are between. */
function findContinuation(sql: string, from: number): number {
  const start = skip(blank, sql, from);
  let at = start;
  while (sql.startsWith("--", at)) at = skip(blank, sql, endOfLine(sql, at));
  const isContinued = sql[at] === "'" && /[\n\r]/.test(sql.slice(from, at));
  return isContinued ? at + 1 : -1;
}

/** Adds the operators in a run of operator characters, which a comment ends; returns the end of the run. */
function pushOperators(tokens: Token[], sql: string, start: number): number {
  let [end, last, isFree] = [start, start + 1, false];
  for (; isOf(operator, sql, end) && !isComment(sql, end); end++) {
    isFree ||= "~!@#^&|`?%".includes(sql.charAt(end));
    if (isFree || !"+-".includes(sql.charAt(end))) last = end + 1;
  }
  // `=-1` is `=` and `-1`: only an operator that contains one of the characters above may end in plus or minus.
  tokens.push({ kind: "operator", start, end: last });
  for (let at = last; at < end; at++) tokens.push({ kind: "operator", start: at, end: at + 1 });
  return end;
}
