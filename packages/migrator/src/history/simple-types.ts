import type { Token } from "./source-tokens.ts";
import { isSign, matchBrackets, takesParameters } from "./self-contained.ts";

const modifiers = /^(override|private|protected|public|readonly)$/;
const beforeVariables = /^(const|let|override|private|protected|public|readonly|static)$/;

/**
 * The tokens that TypeScript adds to JavaScript, where they are as simple as in most migrations: modifiers, and types
 * of results, parameters, variables and fields. Undefined where the rest may be JavaScript with another meaning.
 */
export function findTypes(tokens: readonly Token[]): readonly Token[] | undefined {
  const parameters = findParameters(tokens);
  const types = new Set<Token>();
  for (const [index, token] of tokens.entries()) {
    const end = isSign(token, ":") ? endOfAnnotation(tokens, index, parameters) : endOfWords(tokens, index);
    for (const one of tokens.slice(index, end)) types.add(one);
  }
  // In JavaScript, f<T>(x) is a comparison.
  return tokens.some((token, index) => isAngle(tokens, index) && !types.has(token)) ? undefined : [...types];
}

/** The index after a modifier or `as const`; `index` itself: there is none. */
function endOfWords(tokens: readonly Token[], index: number): number {
  const [word, next] = [tokens[index], tokens[index + 1]];
  if (word?.kind !== "word" || next?.kind !== "word") return index;
  if (word.text === "as" && next.text === "const") return index + 2;
  return modifiers.test(word.text) ? index + 1 : index;
}

/** The index after the type that a colon begins; the colon's own index: no type begins there. */
function endOfAnnotation(tokens: readonly Token[], colon: number, parameters: ReadonlySet<number>): number {
  const end = endOfType(tokens, colon + 1);
  if (end === undefined) return colon;
  const [first, before, after] = [tokens[colon - 2], tokens[colon - 1], tokens[end]];
  const isNamed = before?.kind === "word" && first?.kind === "word" && beforeVariables.test(first.text);
  const isResult = isSign(before, ")") && (isSign(after, "{") || (isSign(after, "=") && isSign(tokens[end + 1], ">")));
  const isVariable = isNamed && (isSign(after, "=") || isSign(after, ";"));
  const isParameter = parameters.has(colon) && after?.kind === "sign" && ",)=".includes(after.text);
  return isResult || isVariable || isParameter ? end : colon;
}

/** The index after a type such as `string`, `string[]`, `Promise<void>` or `Record<string, number> | null`. */
function endOfType(tokens: readonly Token[], from: number): number | undefined {
  if (tokens[from]?.kind !== "word") return undefined;
  let end: number | undefined = from + 1;
  if (isSign(tokens[end], "<")) {
    do end = endOfType(tokens, end + 1);
    while (end !== undefined && isSign(tokens[end], ","));
    if (end === undefined || !isSign(tokens[end], ">")) return undefined;
    end += 1;
  }
  while (isSign(tokens[end], "[") && isSign(tokens[end + 1], "]")) end += 2;
  return isSign(tokens[end], "|") ? endOfType(tokens, end + 1) : end;
}

/** The colons after parameters, without those deeper in brackets. */
function findParameters(tokens: readonly Token[]): ReadonlySet<number> {
  const [partners, colons] = [matchBrackets(tokens), new Set<number>()];
  for (const [from, to] of partners) {
    if (!isSign(tokens[from], "(") || !takesParameters(tokens, from, to)) continue;
    for (let index = from + 1; index < to; index = Math.max(partners.get(index) ?? 0, index) + 1)
      if (isSign(tokens[index], ":") && isParameter(tokens, index - 1, partners)) colons.add(index);
  }
  return colons;
}

/** True for a name or pattern that begins a parameter. */
function isParameter(tokens: readonly Token[], index: number, partners: ReadonlyMap<number, number>): boolean {
  const before = tokens[(partners.get(index) ?? index) - 1];
  return isSign(before, "(") || isSign(before, ",");
}

/** True for `<` and `>` of a type or a comparison, not of an arrow. */
function isAngle(tokens: readonly Token[], index: number): boolean {
  return isSign(tokens[index], "<") || (isSign(tokens[index], ">") && !isSign(tokens[index - 1], "="));
}
