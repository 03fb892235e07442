import { type Context, wholeOf } from "../execute/context.ts";
import { MigrationFailedError } from "../errors.ts";
import { type History, openHistory } from "../history/history.ts";
import { replay } from "../shadow/replay.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import { type ShadowOptions, withShadow } from "../shadow/shadow.ts";
import { type CollectedAgain, collectAgain, findUnsteady } from "../verify/collect-again.ts";
import { readDeclares } from "../verify/declared-losses.ts";
import { describeFailure } from "../verify/describe-failure.ts";
import type { GivenRows } from "../verify/fill/fill-tables.ts";
import { prove } from "../verify/prove.ts";
import { type Stage, withStage } from "../verify/stage.ts";
import { addFault, addNote, type Findings, noFindings, type Verdict } from "../verify/verdict.ts";

export interface VerifyOptions {
  readonly shadow: ShadowOptions;
  /** Only this migration; the ones before it are applied to empty tables. */
  readonly only?: string | undefined;
  /** Only this migration and those after it. */
  readonly from?: string | undefined;
  /** How many rows each table must have; default 8. */
  readonly rows?: number | undefined;
  /** Rows to take instead of made ones, by table. */
  readonly given?: GivenRows | undefined;
  /** Called as the verification proceeds. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

export type VerifyProgress =
  | { readonly type: "verifying"; readonly name: string; readonly number: number; readonly total: number }
  | { readonly type: "verified"; readonly verdict: Verdict };

/** The result of verifying; "refused" when there is a fault. */
export interface Verification {
  readonly outcome: "ok" | "refused";
  readonly migrations: readonly Verdict[];
}

/**
 * Verifies migrations on a shadow database with rows in every table: up, down to what was there before, up again to the
 * same. Changes nothing else. Throws where a file does not load or no shadow can be created.
 */
export async function verify(context: Context, options: VerifyOptions): Promise<Verification> {
  const history = await openHistory(wholeOf(context));
  const { files } = history.folder;
  for (const { name } of files) await history.load(name);
  const chosen = choose(
    files.map(({ name }) => name),
    options,
  );
  const again = await collectAgain(files.filter(({ name, listed }) => !listed && chosen.includes(name)));
  const migrations = await withOneServer(options.shadow, async (shadow) => {
    return await proveAll({ context, history, again, chosen, options: { ...options, shadow } });
  });
  return { outcome: migrations.some(({ faults }) => faults.length > 0) ? "refused" : "ok", migrations };
}

function choose(names: readonly string[], { only, from }: VerifyOptions): string[] {
  if (only !== undefined) return [resolveTarget(only, names)];
  return from === undefined ? [...names] : names.slice(names.indexOf(resolveTarget(from, names)));
}

/** Asks the provider for a server once, however many databases are wanted of it. */
async function withOneServer<Result>(
  { servers, provider }: ShadowOptions,
  work: (shadow: ShadowOptions) => Promise<Result>,
): Promise<Result> {
  let provided: ReturnType<NonNullable<typeof provider>> | undefined;
  const once = provider && (async () => ({ dsn: (await (provided ??= provider())).dsn, stop: async () => {} }));
  try {
    return await work({ servers, provider: once });
  } finally {
    await (await provided?.catch(() => undefined))?.stop();
  }
}

interface VerifyJob {
  readonly context: Context;
  readonly history: History;
  readonly again: readonly CollectedAgain[];
  readonly chosen: readonly string[];
  readonly options: VerifyOptions;
}

/** Goes on with a new shadow after a migration that left one unusable. */
async function proveAll(job: VerifyJob): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const tell = (verdict: Verdict) => {
    verdicts.push(verdict);
    job.options.onProgress?.({ type: "verified", verdict });
  };
  while (verdicts.length < job.chosen.length) {
    const obstacle = await withShadow(
      job.options.shadow,
      async (dsn) => await proveFrom(job, dsn, verdicts.length, tell),
    );
    if (obstacle === null) continue;
    for (const name of job.chosen.slice(verdicts.length)) tell(notRun(name, obstacle));
  }
  return verdicts;
}

function notRun(name: string, obstacle: string): Verdict {
  const findings = noFindings(name);
  addNote(findings, "not-run", `It was not verified: ${obstacle}`);
  return { ...findings, durationMs: 0 };
}

/**
 * Verifies from the index `start` on, until a migration leaves the database unusable; returns why it cannot begin, or
 * null.
 */
async function proveFrom(
  job: VerifyJob,
  dsn: string,
  start: number,
  tell: (verdict: Verdict) => void,
): Promise<string | null> {
  const { context, history, chosen, options } = job;
  const names = history.folder.files.map(({ name }) => name);
  const before = names[names.indexOf(chosen[start] ?? "") - 1];
  const obstacle = before === undefined ? null : await tryReplay(job, dsn, before);
  if (obstacle) return `${obstacle.migration}, which comes before it, fails ${describeFailure(obstacle)}`;
  return await withStage(context, dsn, { rows: options.rows ?? 8, given: options.given }, async (stage) => {
    for (const [index, name] of chosen.entries()) {
      if (index < start) continue;
      options.onProgress?.({ type: "verifying", name, number: index + 1, total: chosen.length });
      const { verdict, usable } = await proveOne(job, stage, name);
      tell(verdict);
      if (!usable) return null;
    }
    return null;
  });
}

async function tryReplay(
  { context, history }: VerifyJob,
  dsn: string,
  to: string,
): Promise<MigrationFailedError | null> {
  try {
    await replay(context, history.folder, dsn, to);
    return null;
  } catch (error) {
    if (error instanceof MigrationFailedError) return error;
    throw error;
  }
}

async function proveOne(job: VerifyJob, stage: Stage, name: string): Promise<{ verdict: Verdict; usable: boolean }> {
  const started = performance.now();
  const findings = noFindings(name);
  const migration = await job.history.load(name);
  const file = job.history.folder.files.find((one) => one.name === name);
  const unsteady = findUnsteady(
    migration,
    job.again.find((one) => one.name === name),
  );
  if (unsteady) addFault(findings, "non-deterministic", unsteady);
  const declares = file ? await readDeclares(file) : () => false;
  const { usable, failure } = await prove(stage, migration, { findings, declares, since: stage.since });
  if (failure) await explainFailure(job, findings, failure);
  return { verdict: { ...findings, durationMs: Math.round(performance.now() - started) }, usable };
}

/** Tries the failed migration on empty tables, to find out whether the rows make it fail. */
async function explainFailure(job: VerifyJob, findings: Findings, failure: MigrationFailedError): Promise<void> {
  const words = describeFailure(failure);
  const empty = await withShadow(job.options.shadow, async (dsn) => await tryReplay(job, dsn, findings.name));
  if (empty) addFault(findings, "up-fails", `up fails on empty tables too, ${words}`);
  else addFault(findings, "fails-on-rows", `up works on empty tables, and fails on tables with rows ${words}`);
}
