import { type Finding, sortFindings, verdicts } from "./finding.ts";

/**
 * Joins what the catalogs show and what the server said when it planned the statements: an error counts once, and what
 * the plan settles is settled. `tried` is undefined where nothing was planned.
 */
export function mergeFindings(judged: readonly Finding[], tried: readonly Finding[] | undefined): Finding[] {
  if (!tried) return [...judged];
  const known = judged.filter(({ settledBy }) => settledBy !== "plan");
  const more = tried.filter((seen) => !known.some((finding) => covers(finding, seen)));
  return sortFindings([...known, ...more]);
}

/** True where a finding says what another one says, and no less bad. */
function covers(one: Finding, other: Finding): boolean {
  return (
    one.table === other.table &&
    one.operation === other.operation &&
    verdicts.indexOf(one.verdict) <= verdicts.indexOf(other.verdict)
  );
}
