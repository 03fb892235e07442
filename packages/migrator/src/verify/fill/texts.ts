import type { Random } from "./random.ts";

// Texts that break statements which rewrite text. No two of them differ in case alone.
const oddities = [
  "O'Brien & Söhne",
  `Say "Hello"`,
  "  Spaces Around  ",
  "Ärger; Größe",
  "日本語 Text",
  "😀 Smile",
  "UPPER CASE",
  "Mixed-Case_42",
  "Back\\slash\\n",
  "100% of _All_",
  "Tab\tHere",
  "Two\nLines",
  "NULL",
  "-1",
  "{}",
  "A,b;C",
  "<B>bold</B>",
  "..",
];

const words = ["alpha", "Bravo", "charlie", "Delta", "echo", "Foxtrot", "golf", "Hotel", "india", "Juliet"];

/** Makes a text of at most `longest` characters: a plain word, or more often one of `oddities`. */
export function makeText(random: Random, longest = Number.POSITIVE_INFINITY): string {
  const suffix = random.int(0, 36 ** 5).toString(36);
  if (random.percent(4) && longest < 10_000) return suffix.padEnd(longest, "x").slice(0, longest);
  if (random.percent(6)) return random.pick(["", " "]).slice(0, longest);
  const text = random.percent(35) ? random.pick(words) : random.pick(oddities);
  if (random.percent(15)) return clip(text, longest);
  if (longest < 12) return clip(suffix.slice(-longest), longest);
  return clip(`${clip(text, longest - suffix.length - 1)} ${suffix}`, longest);
}

/** Cuts between characters, not between halves of one. */
function clip(text: string, longest: number): string {
  return [...text].slice(0, longest).join("");
}
