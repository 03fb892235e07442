/** A piece of a program: a word, a sign, or a string with what is in it. */
export interface Token {
  readonly kind: "word" | "string" | "sign";
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** Where it begins in the source. */
  readonly at: number;
}

// Comments go; strings, templates (as far as they hold no other template) and regular expressions stay whole.
const pattern =
  /\/\/.*|\/\*[\s\S]*?\*\/|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'|`|(?<=[(,=:[!&|?{};]\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/|[\p{ID_Start}$_][\p{ID_Continue}$]*|\d\w*|\S/gu;

/** Reads the words, strings and signs of TypeScript or JavaScript, so that SQL in a string is not taken for code. */
export function readTokens(source: string): Token[] {
  const tokens: Token[] = [];
  const open: number[] = [];
  const lineAt = lineCounter(source);
  pattern.lastIndex = 0;
  for (let match = pattern.exec(source); match; match = pattern.exec(source)) {
    const [text] = match;
    if (text === "{") open.push(0);
    if (text === "`" || (text === "}" && open.pop() === 1)) {
      const end = endOfTemplate(source, match.index + 1);
      if (source.startsWith("${", end)) open.push(1);
      pattern.lastIndex = end + (source[end] === "$" ? 2 : 1);
      tokens.push({
        kind: "string",
        text: source.slice(match.index + 1, end),
        line: lineAt(match.index),
        at: match.index,
      });
    } else if (!/^\/[/*]/.test(text)) tokens.push({ ...toToken(text), line: lineAt(match.index), at: match.index });
  }
  return tokens;
}

function toToken(text: string): Pick<Token, "kind" | "text"> {
  if (/^["']/.test(text) && text.length > 1) return { kind: "string", text: text.slice(1, -1) };
  return { kind: /^[\p{ID_Start}$_]/u.test(text) ? "word" : "sign", text };
}

/** Where a template ends or an expression begins in it. */
function endOfTemplate(source: string, start: number): number {
  const end = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*/y;
  end.lastIndex = start;
  end.exec(source);
  return Math.max(end.lastIndex, start);
}

/** Counts lines up to places that come one after the other. */
function lineCounter(source: string): (index: number) => number {
  let [at, line] = [0, 1];
  return (index) => {
    for (; at < index; at += 1) if (source[at] === "\n") line += 1;
    return line;
  };
}
