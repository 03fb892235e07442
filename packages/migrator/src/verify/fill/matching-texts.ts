import { ConfigurationError } from "../../errors.ts";

const classes: readonly (readonly [RegExp, string])[] = [
  [/\[:alpha:\]/g, "a-zA-Z"],
  [/\[:digit:\]/g, "0-9"],
  [/\[:alnum:\]/g, "a-zA-Z0-9"],
  [/\[:upper:\]/g, "A-Z"],
  [/\[:lower:\]/g, "a-z"],
  [/\[:space:\]/g, "\\s"],
  [/\[:xdigit:\]/g, "0-9a-fA-F"],
  [/\[:punct:\]/g, "!-/:-@"],
  [/\\[mMy]/g, "\\b"],
  [/\\A/g, "^"],
  [/\\Z/g, "$"],
  [/^\(\?[a-z]+\)/, ""],
  [/^\*\*\*[:=]/, ""],
];

/**
 * Makes texts that match a regular expression of PostgreSQL, always the same; none where JavaScript cannot read it.
 * Throws a `ConfigurationError` where fast-check is not installed.
 */
export async function matchingTexts(pattern: string): Promise<string[]> {
  const { sample, stringMatching } = await loadFastCheck();
  const translated = classes.reduce((text, [from, to]) => text.replaceAll(asGlobal(from), () => to), pattern);
  try {
    const texts = sample(stringMatching(new RegExp(translated, "u"), { size: "small" }), { seed: 42, numRuns: 30 });
    return [...new Set(texts)].filter((text) => !text.includes("\0") && text.isWellFormed());
  } catch {
    return [];
  }
}

const loadFastCheck = async () =>
  await import("fast-check").catch((cause: Error) => {
    const message = "verify makes texts that match a CHECK by the package fast-check: npm install fast-check";
    throw new ConfigurationError(message, { cause });
  });

function asGlobal(pattern: RegExp): RegExp {
  return pattern.global ? pattern : new RegExp(pattern.source, "g");
}
