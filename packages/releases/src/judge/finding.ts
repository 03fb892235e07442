import type { Operation } from "../contract/contract.ts";

/** The verdicts, the worst first: the first that applies counts. */
export const verdicts = ["breaks", "wrong", "unknown", "depends", "works"] as const;

/**
 * How a release does on a schema. `breaks`: an error; `wrong`: none, but wrong or missing values; `unknown`: nobody can
 * tell; `depends`: on rows, or on what other releases write.
 */
export type Verdict = (typeof verdicts)[number];

/** What a release meets on a schema. */
export interface Finding {
  readonly verdict: Exclude<Verdict, "works">;
  readonly operation: Operation;
  /** As the catalog names it; null: a statement of the program's own. */
  readonly table: string | null;
  /** The column, without its table; null: the table as a whole. */
  readonly column: string | null;
  /** The error's SQLSTATE; null: there is no error, or none that is known. */
  readonly sqlState: string | null;
  /** What happens and why, in one sentence. */
  readonly message: string;
  /** `plan`: whether it is so, the server tells when it plans the statements. */
  readonly settledBy?: "plan" | undefined;
}

/** The worst verdict of findings; `works` where there is none. */
export function worstOf(findings: readonly Pick<Finding, "verdict">[]): Verdict {
  return verdicts.find((verdict) => findings.some((finding) => finding.verdict === verdict)) ?? "works";
}

/** Findings once each, the worst first. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const once = new Map(findings.map((finding) => [keyOf(finding), finding]));
  const rank = ({ verdict }: Finding) => verdicts.indexOf(verdict);
  return [...once.values()].toSorted((a, b) => rank(a) - rank(b) || (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ table, column, operation, verdict, sqlState, message }: Finding): string {
  return [table, column, operation, verdict, sqlState, message].join("\n");
}

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
    (one.column === null || other.column === null || one.column === other.column) &&
    verdicts.indexOf(one.verdict) <= verdicts.indexOf(other.verdict)
  );
}
