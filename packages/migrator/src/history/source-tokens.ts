/** A token of source code: a word, a sign, or a string with its content. */
export interface Token {
  readonly kind: "word" | "string" | "sign";
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** The offset in the source. */
  readonly at: number;
}

// Comments are dropped; strings, templates (as far as they hold no other template) and regular expressions stay whole.
// The end of a string is found separately: one pattern for all would need a stack as deep as the string is long.
const pattern =
  /[\p{ID_Start}$_][\p{ID_Continue}$]*|["'`]|\/\/.*|\/\*[\s\S]*?\*\/|\/(?<=[(,=:[!&|?{};]\s*\/)(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/|\d\w*|\S/gu;

const endsOfStrings = new Map([
  ['"', /\\[\s\S]|["\n]/g],
  ["'", /\\[\s\S]|['\n]/g],
]);
const endOfTemplate = /\\[\s\S]|`|\$\{/g;

/** Reads the words, strings and signs of TypeScript or JavaScript, so that SQL in a string is not taken for code. */
export function readTokens(source: string): Token[] {
  const tokens: Token[] = [];
  const open: number[] = [];
  const lineAt = lineCounter(source);
  pattern.lastIndex = 0;
  for (let match = pattern.exec(source); match; match = pattern.exec(source)) {
    const { 0: text, index: at } = match;
    if (text.startsWith("//") || text.startsWith("/*")) continue;
    if (text === "{") open.push(0);
    const isTemplate = text === "`" || (text === "}" && open.pop() === 1);
    const end = isTemplate ? findEnd(source, at + 1, endOfTemplate) : endOfString(source, at, text);
    const begins = isTemplate && source.startsWith("${", end);
    if (begins) open.push(1);
    if (end !== undefined) pattern.lastIndex = end + (begins ? 2 : 1);
    const kind = end === undefined ? kindOf(text) : "string";
    tokens.push({ kind, text: end === undefined ? text : source.slice(at + 1, end), line: lineAt(at), at });
  }
  return tokens;
}

function kindOf(text: string): Token["kind"] {
  return /^[\p{ID_Start}$_]/u.test(text) ? "word" : "sign";
}

/** The offset where the string that this quote begins ends; undefined: it begins none. */
function endOfString(source: string, at: number, quote: string): number | undefined {
  const stops = endsOfStrings.get(quote);
  const end = stops && findEnd(source, at + 1, stops);
  return end !== undefined && source[end] === quote ? end : undefined;
}

/** The offset of the first of `stops` that is no escape; the source's length where there is none. */
function findEnd(source: string, from: number, stops: RegExp): number {
  stops.lastIndex = from;
  let found = stops.exec(source);
  while (found?.[0].startsWith("\\")) found = stops.exec(source);
  return found?.index ?? source.length;
}

/** Counts lines up to offsets that are given in ascending order. */
function lineCounter(source: string): (index: number) => number {
  let [line, end] = [1, source.indexOf("\n")];
  return (index) => {
    for (; end >= 0 && end < index; end = source.indexOf("\n", end + 1)) line += 1;
    return line;
  };
}
