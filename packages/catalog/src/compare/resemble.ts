import { distance } from "fastest-levenshtein";

/** Words that say what kind of value a column holds, but do not identify the column. */
const general = new Set(["id", "ids", "at", "on", "is", "has"]);

/** Whether two names may mean the same: all words of one are in the other, or at most 40 % of the letters differ. */
export function resemble(one: string, other: string): boolean {
  const [a, b] = [wordsOf(one), wordsOf(other)];
  const [few, many] = a.length <= b.length ? [a, b] : [b, a];
  if (few.length > 0 && few.every((word) => many.includes(word))) return true;
  const [left, right] = [a.join("_"), b.join("_")];
  return distance(left, right) <= 0.4 * Math.max(left.length, right.length) && left !== "" && right !== "";
}

function wordsOf(name: string): string[] {
  const words = name
    .replaceAll(/(\p{Ll}|\d)(\p{Lu})/gu, "$1_$2")
    .toLowerCase()
    .split(/[^\p{L}\d]+/u);
  return words.filter((word) => word !== "" && !general.has(word));
}
