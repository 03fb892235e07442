import type { Script } from "../history/collect.ts";
import type { Progress } from "../ledger/progress.ts";
import { endsWithSession, isRepeatable } from "./statement-kinds.ts";

/** Where a half-done migration resumes, or why it cannot. */
export type Resumption =
  | {
      /** How many statements are done. */
      readonly done: number;
      /** The number of the next statement if an earlier run sent it and its outcome is unknown; else null. */
      readonly inDoubt: number | null;
      /** A statement that failed, was corrected since, and may have left an index behind; else null. */
      readonly leftover: string | null;
      readonly refusal?: never;
    }
  | { readonly refusal: string; readonly done?: never; readonly inDoubt?: never; readonly leftover?: never };

/** Decides where a cut-off script resumes: after the statements that are done, if they are unchanged. */
export function resume(script: Script, progress: Progress | undefined): Resumption {
  if (!progress) return { done: 0, inDoubt: null, leftover: null };
  const { done, attempted, failed, statements } = progress;
  if (script.computed || attempted === 0)
    return { refusal: "its code computes statements, and how much of it ran is unknown" };
  const changed = statements.findIndex((sql, index) => script.statements[index] !== sql);
  if (failed && changed === done) return { done, inDoubt: null, leftover: statements[done] ?? null };
  if (changed >= 0) return { refusal: `its statement ${changed + 1} was run and has been changed since` };
  const lost = statements.slice(0, done).findIndex(endsWithSession);
  if (lost >= 0)
    return {
      refusal: `its statement ${lost + 1} made something (such as a temporary table) that ended with its session`,
    };
  const doubtful = attempted === null ? undefined : script.statements[attempted - 1];
  if (doubtful !== undefined && !isRepeatable(doubtful))
    return { refusal: `the outcome of its statement ${attempted} is unknown, and it may not be safe to run it again` };
  return { done, inDoubt: attempted, leftover: null };
}
