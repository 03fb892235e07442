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
      /** A statement that failed, was corrected since, and may have left an index behind; null elsewhere. */
      readonly leftover: string | null;
      readonly refusal?: never;
    }
  | { readonly refusal: string; readonly done?: never; readonly inDoubt?: never; readonly leftover?: never };

/** Where a script goes on whose run was cut off: behind the statements that are done, if they are unchanged. */
export function resume(script: Script, progress: Progress | undefined): Resumption {
  if (!progress) return { done: 0, inDoubt: null, leftover: null };
  const { done, attempted, failed, statements } = progress;
  if (script.computed || attempted === 0)
    return { refusal: "its code computes statements, and how far it came is unknown" };
  const changed = statements.findIndex((sql, index) => script.statements[index] !== sql);
  if (failed && changed === done) return { done, inDoubt: null, leftover: statements[done] ?? null };
  if (changed >= 0) return { refusal: `its statement ${changed + 1}, which was run, is another one now` };
  const lost = statements.slice(0, done).findIndex(endsWithSession);
  if (lost >= 0) return { refusal: `what its statement ${lost + 1} made has ended with the session that ran it` };
  const doubtful = attempted === null ? undefined : script.statements[attempted - 1];
  if (doubtful !== undefined && !isRepeatable(doubtful))
    return { refusal: `the end of its statement ${attempted} is unknown, and it may not be safe to run it again` };
  return { done, inDoubt: attempted, leftover: null };
}

/** The commands of statements that are done which set something for the session: another session needs them again. */
export function sessionCommandsOf(done: readonly string[]): string[] {
  const commands = done.flatMap(splitCommands);
  return commands
    .filter((command) =>
      /^(set (?!local|transaction|constraints)|reset )/.test(`${leadingWords(command, 2).join(" ")} `),
    )
    .map(({ sql }) => sql);
}

/** Temporary objects and settings by function: they are gone, and cannot be told from the text alone. */
function endsWithSession(sql: string): boolean {
  return splitCommands(sql).some((command) => {
    const words = leadingWords(command, 4).join(" ");
    return (
      /^(create (or replace )?((local|global) )?temp(orary)? |prepare |listen |load )/.test(`${words} `) ||
      (words.startsWith("select") && /\bset_config\s*\(/i.test(command.sql))
    );
  });
}

// What has no further effect when it is sent again, fails, or leaves in the catalog what became of it.
const repeatable =
  /^(create (unique )?index concurrently(?! on\b)|drop index concurrently|vacuum|cluster|alter system|(create|drop|alter) (database|tablespace|subscription))\b/;

/**
 * Whether a statement that cannot run in a transaction may be sent again when its end is unknown. A block, procedure or
 * transaction may have committed a part; an index without a name would be built twice; a second REINDEX CONCURRENTLY
 * leaves the half-built copies of the first one where they are.
 */
export function isRepeatable(sql: string): boolean {
  const [command, ...rest] = splitCommands(sql);
  if (!command || rest.length > 0) return false;
  const words = leadingWords(command, 5).join(" ");
  if (words.startsWith("reindex")) return !/\bconcurrently\b/i.test(command.sql);
  return repeatable.test(words) || detaches(command.sql);
}

/** Whether a statement must be sent outside a transaction, or may want to be, as far as its text tells. */
export function isOutside(sql: string): boolean {
  const starts = splitCommands(sql).map((command) => leadingWords(command, 4).join(" "));
  return (
    isRepeatable(sql) || starts.some((words) => /^(do|call|reindex|create (unique )?index concurrently)\b/.test(words))
  );
}

function detaches(sql: string): boolean {
  return /^alter\s+table\b.*\bdetach\s+partition\b.*\bconcurrently\s*$/is.test(sql);
}
