import { distance } from "fastest-levenshtein";
import { UnknownMigrationError } from "./errors.ts";

/**
 * The one migration that `target` means: a full name, a time stamp, or a part that fits exactly one of `names`.
 * Throws an `UnknownMigrationError` with suggestions when it fits none or several.
 */
export function resolveTarget(target: string, names: readonly string[]): string {
  const wanted = target.replace(/\.[jt]s$/, "");
  if (names.includes(wanted)) return wanted;
  const stamped = names.filter((name) => stampOf(name) === wanted);
  const fitting = stamped.length > 0 ? stamped : wanted === "" ? [] : names.filter((name) => name.includes(wanted));
  const [found, second] = fitting;
  if (found !== undefined && second === undefined) return found;
  throw new UnknownMigrationError(target, found ? fitting : suggest(wanted, names), describe(target, fitting, names));
}

/** The digits of a migration's name that order it, or undefined. */
export function stampOf(name: string): string | undefined {
  return /\d{4,}/.exec(name)?.[0];
}

/** Now, in UTC and in seconds; later than everything in the folder, whatever its clocks were. */
export function nextStamp(files: readonly { readonly name: string }[]): string {
  const now = new Date().toISOString().replaceAll(/\D/g, "").slice(0, 14);
  const last =
    files
      .map(({ name }) => stampOf(name) ?? "")
      .toSorted()
      .at(-1) ?? "";
  return now > last ? now : String(BigInt(last) + 1n);
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

/** How far `target` is from the name, its stamp, its words together or one of them: nobody types all of it. */
function likeness(name: string, target: string): number {
  const words = name.replace(/^\D*\d*_?/, "");
  return Math.min(...[name, stampOf(name) ?? name, words, ...words.split("_")].map((part) => distance(part, target)));
}
