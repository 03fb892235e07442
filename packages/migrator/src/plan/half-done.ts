import type { Problem } from "../errors.ts";
import type { Progress } from "../ledger/progress.ts";

/** A half-done migration as a problem: what is done, and how to go on. `refusal`: why it cannot resume by itself. */
export function halfDone(progress: Progress, refusal?: string): Problem {
  const { migration, direction } = progress;
  const finish = refusal
    ? `It cannot resume by itself: ${refusal}.`
    : `"migrator ${direction}" resumes there, as long as these statements are unchanged.`;
  const settle = `Or bring the schema to a known state by hand and record that: "migrator repair ${migration} --as applied", "--as reverted", or "--as N" when only its first N statements are done.`;
  const message = `${migration} is half done: its ${direction} ${describeProgress(progress)}. ${finish} ${settle}`;
  return { code: "half-done", migration, message };
}

/** What is known to be done, in words. */
export function describeProgress({ done, attempted, failed, total, statements }: Progress): string {
  if (attempted === 0) return "ran code whose outcome is unknown";
  const of = total === null ? "" : ` of ${total}`;
  const last = statements[done - 1];
  const known =
    done === 0
      ? `has no statement${of} that is known to be done`
      : `was cut off after statement ${done}${of}${last === undefined ? "" : ` (${excerpt(last)})`}`;
  if (attempted === null) return known;
  const sql = statements[done];
  const which = `statement ${attempted}${sql === undefined ? "" : ` (${excerpt(sql)})`}`;
  return failed
    ? `${known}; ${which} failed and may have left something behind, such as an invalid index`
    : `${known}; the outcome of ${which} is unknown`;
}

function excerpt(sql: string): string {
  const line = sql.trim().replaceAll(/\s+/g, " ");
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
