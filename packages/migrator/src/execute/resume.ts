import type { Script } from "../load.ts";
import type { Progress } from "../progress.ts";
import { leadingWords, splitCommands } from "../postgres/sql-lexer.ts";

/** Where a half-done migration goes on, or why it cannot. */
export type Resumption =
  | {
      /** How many statements are done. */
      readonly done: number;
      /** The number of the next statement where an earlier run sent it and its end is unknown; null elsewhere. */
      readonly inDoubt: number | null;
      readonly refusal?: never;
    }
  | { readonly refusal: string; readonly done?: never; readonly inDoubt?: never };

/** Where a script goes on whose run was cut off: behind the statements that are done, if they are unchanged. */
export function resume(script: Script, progress: Progress | undefined): Resumption {
  if (!progress) return { done: 0, inDoubt: null };
  const { done, attempted, statements } = progress;
  if (script.computed || attempted === 0)
    return { refusal: "its code computes statements, and how far it came is unknown" };
  const changed = statements.findIndex((sql, index) => script.statements[index] !== sql);
  if (changed >= 0) return { refusal: `its statement ${changed + 1}, which was run, is another one now` };
  const doubtful = attempted === null ? undefined : script.statements[attempted - 1];
  if (doubtful !== undefined && !isRepeatable(doubtful))
    return { refusal: `the end of its statement ${attempted} is unknown, and it may not be safe to run it again` };
  return { done, inDoubt: attempted };
}

/**
 * Whether a statement that cannot run in a transaction may be sent again when its end is unknown: it then has no
 * further effect, fails, or the catalog tells what became of it. A block, procedure or transaction may have
 * committed a part; an index without a name would be built twice.
 */
export function isRepeatable(sql: string): boolean {
  const [command, ...rest] = splitCommands(sql);
  if (!command || rest.length > 0) return false;
  const words = leadingWords(command, 5).join(" ");
  return !/^(do|call|begin|start|create (unique )?index concurrently on)\b/.test(words);
}
