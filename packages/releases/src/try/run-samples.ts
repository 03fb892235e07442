import type { Query } from "@thedata/catalog";
import type { ServerError } from "./refusal.ts";
import type { TextRow } from "./rows.ts";
import type { Sample } from "./sample.ts";

/** What came of a sample. */
export interface Outcome {
  readonly error?: ServerError | undefined;
  /** What has been written, or the row that was found or left; undefined: there is none. */
  readonly row?: TextRow | undefined;
}

/** A sample that was sent, and what came of it; undefined: there was no room for its row. */
export interface Ran {
  readonly sample: Sample;
  readonly outcome: Outcome | undefined;
}

/** Sends samples, each by itself. Changes nothing, and needs an open transaction. */
export async function runSamples(query: Query, samples: readonly Sample[]): Promise<Ran[]> {
  const ran: Ran[] = [];
  // Each sample shows what it violates, and not the end of the transaction.
  await query("set constraints all immediate; savepoint sampled");
  for (const sample of samples) {
    ran.push({ sample, outcome: await runSample(query, sample) });
    await query("rollback to savepoint sampled");
  }
  await query("release savepoint sampled");
  return ran;
}

async function runSample(query: Query, sample: Sample): Promise<Outcome | undefined> {
  const { makeRoom, sql, readBack, rowExists, statement } = sample;
  // A relation that is gone, the plan finds.
  const aside = async (other: string) => await query<TextRow>(other).catch(() => undefined);
  if (makeRoom !== null && !(await aside(makeRoom))) return undefined;
  try {
    const found = await query<TextRow>(statement.operation === "filter" && readBack !== null ? readBack : sql);
    if (statement.operation === "filter")
      return found[0] || (await aside(rowExists))?.[0] ? { row: found[0] } : undefined;
  } catch (error) {
    return { error: error as ServerError };
  }
  const rows = readBack === null ? [{}] : await aside(readBack);
  return rows && { row: rows[0] };
}
