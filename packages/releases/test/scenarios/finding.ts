import type { Case, Result } from "./case.ts";
import type { Operation } from "./scenario.ts";

/** What one try of one operation met. */
export interface Finding {
  readonly operation: Operation;
  readonly entity: string;
  readonly case: string;
  readonly sure: boolean;
  readonly verdict: "works" | "breaks" | "wrong";
  readonly sqlState?: string | undefined;
  readonly detail?: string | undefined;
}

/** What a case gave, or the error that ended it. */
export type Outcome = { readonly result: Result } | { readonly error: Error & { code?: string } };

/** Says what a case met; `detail` is what is wrong. */
export function findingOf(one: Case, outcome: Outcome, detail: string | undefined): Finding {
  const base = { operation: one.operation, entity: one.entity, case: one.name, sure: one.sure };
  if ("error" in outcome)
    return { ...base, verdict: "breaks", sqlState: outcome.error.code, detail: outcome.error.message };
  return { ...base, verdict: detail ? "wrong" : "works", detail };
}
