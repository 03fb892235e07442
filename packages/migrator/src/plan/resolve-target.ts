import { distance } from "fastest-levenshtein";
import { UnknownMigrationError } from "../errors.ts";
import { versionOf } from "../history/version.ts";

/**
 * Finds the one migration that `target` names: a full name, a version, or a part that fits exactly one of `names`.
 * Throws an `UnknownMigrationError` with suggestions when it fits none or several.
 */
export function resolveTarget(target: string, names: readonly string[]): string {
  const wanted = target.replace(/\.[jt]s$/, "");
  if (names.includes(wanted)) return wanted;
  const versioned = names.filter((name) => versionOf(name) === wanted);
  const fitting = versioned.length > 0 ? versioned : wanted === "" ? [] : names.filter((name) => name.includes(wanted));
  const [found, second] = fitting;
  if (found !== undefined && second === undefined) return found;
  throw new UnknownMigrationError(target, found ? fitting : suggest(wanted, names), describe(target, fitting, names));
}

function describe(target: string, fitting: readonly string[], names: readonly string[]): string {
  if (fitting.length > 0)
    return `"${target}" fits ${fitting.length} migrations: ${fitting.join(", ")}. Name one of them in full.`;
  if (names.length === 0) return `There is no migration "${target}": the folder has none.`;
  return `There is no migration "${target}". Did you mean ${suggest(target, names).join(" or ")}?`;
}

function suggest(target: string, names: readonly string[]): string[] {
  return names.toSorted((a, b) => likeness(a, target) - likeness(b, target)).slice(0, 2);
}

/**
 * The smallest edit distance of `target` to the name, its version, its words together or one of them: people type a
 * part.
 */
function likeness(name: string, target: string): number {
  const words = name.replace(/^\D*\d*_?/, "");
  return Math.min(...[name, versionOf(name) ?? name, words, ...words.split("_")].map((part) => distance(part, target)));
}
