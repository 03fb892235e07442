import { type Finding, sortFindings, verdicts } from "./finding.ts";

/**
 * Joins what the catalogs show and what running the statements showed: what nobody could tell from outside, running
 * told; all else that either found, counts. `tried` is undefined where nothing was run.
 */
export function mergeFindings(judged: readonly Finding[], tried: readonly Finding[] | undefined): Finding[] {
  if (!tried) return [...judged];
  const known = judged.filter((finding) => !tried.some((seen) => isSame(finding, seen) && isWorse(seen, finding)));
  const more = tried.filter((seen) => !known.some((finding) => isSame(finding, seen)));
  return sortFindings([...known, ...more]);
}

function isSame(one: Finding, other: Finding): boolean {
  return (
    one.table === other.table &&
    one.operation === other.operation &&
    (one.column === other.column || one.column === null || other.column === null)
  );
}

function isWorse(one: Finding, other: Finding): boolean {
  return verdicts.indexOf(one.verdict) < verdicts.indexOf(other.verdict);
}
