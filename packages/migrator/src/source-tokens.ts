/** A piece of a program: a word, a sign, or a string with what is in it. */
export interface Token {
  readonly kind: "word" | "string" | "sign";
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** Where it begins in the source. */
  readonly at: number;
}

// Comments go; strings, templates (as far as they hold no other template) and regular expressions stay whole. Where a
// string ends is not told here: one pattern for all of it would need a stack as deep as the string is long.
const pattern =
  /\/\/.*|\/\*[\s\S]*?\*\/|["'`]|(?<=[(,=:[!&|?{};]\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/|[\p{ID_Start}$_][\p{ID_Continue}$]*|\d\w*|\S/gu;

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
    const [text] = match;
    const place = { line: lineAt(match.index), at: match.index };
    if (text === "{") open.push(0);
    if (text === "`" || (text === "}" && open.pop() === 1)) {
      const end = findEnd(source, match.index + 1, endOfTemplate);
      if (source.startsWith("${", end)) open.push(1);
      pattern.lastIndex = end + (source[end] === "$" ? 2 : 1);
      tokens.push({ kind: "string", text: source.slice(match.index + 1, end), ...place });
    } else if (!/^\/[/*]/.test(text)) {
      const token = toToken(source, match.index, text);
      if (token.kind === "string") pattern.lastIndex = match.index + token.text.length + 2;
      tokens.push({ ...token, ...place });
    }
  }
  return tokens;
}

function toToken(source: string, at: number, text: string): Pick<Token, "kind" | "text"> {
  const stop = endsOfStrings.get(text);
  const end = stop ? findEnd(source, at + 1, stop) : at;
  // A quote that nothing closes is a sign.
  if (stop && source[end] === text) return { kind: "string", text: source.slice(at + 1, end) };
  return { kind: /^[\p{ID_Start}$_]/u.test(text) ? "word" : "sign", text };
}

/** Where the first of `stops` is that is no escape; the end of the source where there is none. */
function findEnd(source: string, from: number, stops: RegExp): number {
  stops.lastIndex = from;
  let found = stops.exec(source);
  while (found?.[0].startsWith("\\")) found = stops.exec(source);
  return found?.index ?? source.length;
}

/** Counts lines up to places that come one after the other. */
function lineCounter(source: string): (index: number) => number {
  let [at, line] = [0, 1];
  return (index) => {
    for (; at < index; at += 1) if (source[at] === "\n") line += 1;
    return line;
  };
}
