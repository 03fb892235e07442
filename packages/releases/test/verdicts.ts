import { worstOf } from "../src/index.ts";
import type { Operation, Verdict } from "./scenarios/scenario.ts";

/** All that a release does. */
export const operations: readonly Operation[] = ["read", "filter", "insert", "update", "delete", "upsert", "call"];

/** The worst of some verdicts. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  return worstOf(verdicts.filter((verdict) => verdict !== "works").map((verdict) => ({ verdict })));
}
