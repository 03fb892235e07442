import { checkHistory, checkPlan, isAhead, isSound } from "../plan/integrity.ts";
import type { Connection } from "../postgres/connection.ts";
import type { Context } from "./context.ts";
import { ensureFlushed } from "../ledger/durability.ts";
import { AheadError, BrokenMigrationError, type Problem } from "../errors.ts";
import type { History } from "../history/history.ts";
import { isRecorded, readRecorded, type KnownApplication } from "../ledger/ledger.ts";
import { isPart } from "../history/part.ts";
import type { LoadedMigration } from "../history/load.ts";
import { planDown, planUp } from "../plan/plan.ts";
import { type Progress, readProgress } from "../ledger/progress.ts";
import { type Report, unrun, type Direction, type Plan } from "../report.ts";
import { withCachedHistory } from "./fast-path.ts";
import { type MigrateOptions, type Prepared, refuse } from "./prepared.ts";
import type { Undos } from "./undo.ts";
import { withHistory } from "./session.ts";

/** Looks at a plan that is about to run; what it gives speaks against it. */
export type Judge = (work: {
  readonly plan: Plan;
  readonly history: History;
  readonly connection: Connection;
}) => Promise<readonly Problem[]>;

/**
 * Moves the database along the history: plans, checks, locks, applies and records. Throws a `MigratorError` when it
 * cannot start; later failures are in the report.
 */
export async function migrate(
  context: Context,
  direction: Direction,
  options: MigrateOptions,
  judge?: Judge,
): Promise<Report> {
  const thorough = async (connection: Connection, history: History, vouch?: () => void) =>
    await migrateOn({ context, direction, options, history, connection, vouch, judge, told: new Set() });
  if (!isEverything(direction, options)) return await withHistory(context, thorough);
  return await withCachedHistory(context, {
    thorough,
    quick: async ({ query }, digest) => ((await isRecorded(query, digest, context.ledger)) ? nothing : undefined),
  });
}

/** One run, with all that it works on. */
interface MigrateRequest {
  readonly context: Context;
  readonly direction: Direction;
  readonly options: MigrateOptions;
  readonly history: History;
  readonly connection: Connection;
  /** Records in the cache that the history is sound; undefined where the run does not cover the whole history. */
  readonly vouch: (() => void) | undefined;
  readonly judge: Judge | undefined;
  /** Why steps are held back, as far as that was told. */
  readonly told: Set<string>;
}

async function migrateOn(run: MigrateRequest): Promise<Report> {
  const { context, connection, options } = run;
  const early = await prepareWithGate(run);
  if (early.settled) return await settle(context, connection, early.settled);
  const { fromLedger } = early.plan;
  if (fromLedger && context.undoKey() === undefined) context.onEvent({ type: "unsigned", migrations: fromLedger });
  if (options.dryRun) return (await import("./planned.ts")).dryRun(early.plan, early.loaded);
  const against = (await run.judge?.({ ...run, plan: early.plan })) ?? [];
  if (against.length > 0) return refuse(early.plan, against, null);
  // Loaded here, because most starts find nothing to do.
  const { underLock } = await import("./under-lock.ts");
  return await underLock(context, connection, async (timeouts) => {
    const prepared = await prepareWithGate(run);
    if (prepared.settled) return await settle(context, connection, prepared.settled);
    const { runPlan } = await import("./run-plan.ts");
    const names = run.history.folder.files.map(({ name }) => name);
    const report = await runPlan({ ...context, connection, timeouts }, context, { ...prepared, names });
    if (report.error) await (await import("./place-failure.ts")).placeFailure(run.history, run.direction, report.error);
    return report;
  });
}

/** Rows in the ledger may come from a run that was killed before it waited for the disk. */
async function settle({ ledger }: Context, { query }: Connection, report: Report): Promise<Report> {
  if (report.outcome === "nothing") await ensureFlushed(query, ledger);
  return report;
}

function isEverything(direction: Direction, { to, steps }: MigrateOptions): boolean {
  return direction === "up" && to === undefined && steps === undefined;
}

/** Prepares, and looks at what the plan means to releases; loads nothing where none are known. */
async function prepareWithGate(run: MigrateRequest): Promise<Prepared> {
  const prepared = await prepare(run);
  const { releases } = run.context;
  if (prepared.settled || !releases) return prepared;
  const { context, connection, history, options } = run;
  const { passDown, passGate } = await import("./pass-gate.ts");
  const tell = (message: string) => {
    // The plan is made twice: before the lock is taken, and under it.
    if (!run.told.has(message)) context.onEvent({ type: "held", message });
    run.told.add(message);
  };
  const request = { context, query: connection.query, folder: history.folder, options, releases, tell };
  return run.direction === "down" ? await passDown(request, prepared) : await passGate(request, prepared);
}

const nothing: Report = { outcome: "nothing", steps: [], problems: [], error: null };

async function prepare(run: MigrateRequest): Promise<Prepared> {
  const { context, direction, options, history, connection, vouch } = run;
  const expected = history.known();
  const applied = await readRecorded(connection.query, expected, context.ledger);
  const progress = await readProgress(connection.query, context.ledger);
  const schema = context.forSchema ?? (applied.length === 0 ? context.schema : undefined);
  if (schema !== undefined) await (await import("./schema-there.ts")).requireSchema(connection, schema);
  // `expected` itself is returned where the ledger equals the history in names, checksums and order.
  const same = applied === expected && !progress && isEverything(direction, options);
  if (same && isSound(expected, history.folder.manifest)) {
    vouch?.();
    return { settled: nothing };
  }
  const plan = continueHalfDone(
    direction === "up" ? planUp(history.known(), applied, options) : withLedger(run, applied),
    progress,
  );
  if (direction === "up" && isAhead(history.known(), applied))
    return { settled: await settleAhead(run, plan, applied) };
  try {
    return await load(run, plan, applied, progress);
  } catch (error) {
    if (error instanceof BrokenMigrationError) return { settled: broken(plan, error) };
    throw error;
  }
}

/** Ahead of this build: nothing to do where its release of the models works there, else refused. */
async function settleAhead(
  { context, connection: { query }, history }: MigrateRequest,
  plan: Plan,
  applied: readonly KnownApplication[],
): Promise<Report> {
  const known = filesOf(history);
  const unknown = applied.map(({ name }) => name).filter((name) => !known.has(name));
  const { releases, ledger } = context;
  // A contract names the tables of one schema, which a tenant's are not in.
  if (!releases || context.schema !== undefined) return refuse(plan, [], new AheadError(unknown));
  const { isCompatibleAhead } = await import("../releases/describe-releases.ts");
  const { compatible, findings } = await isCompatibleAhead(query, ledger, releases, applied.at(-1)?.name ?? null);
  if (!compatible) return refuse(plan, [], new AheadError(unknown, findings));
  context.onEvent({ type: "ahead", unknown });
  return nothing;
}

/** The plan of `down`; with a target, migrations without a file are to be reverted by the undo in the ledger. */
function withLedger({ history, options }: MigrateRequest, applied: readonly KnownApplication[]): Plan {
  const plan = planDown(history.known(), applied, options);
  const files = filesOf(history);
  const fromLedger = plan.steps.filter((name) => !files.has(name));
  return options.to === undefined || fromLedger.length === 0 ? plan : { ...plan, fromLedger };
}

function filesOf({ folder }: History): ReadonlySet<string> {
  return new Set(folder.files.map(({ name }) => name));
}

/** Reads the plan's migrations, and finds what speaks against it. */
async function load(
  run: MigrateRequest,
  plan: Plan,
  applied: readonly KnownApplication[],
  progress: Progress | undefined,
): Promise<Prepared> {
  const { context, history } = run;
  await history.loadForChecks(applied);
  const files = filesOf(history);
  const undos = await readLedgerSteps(run, plan, applied);
  const loaded: LoadedMigration[] = [];
  for (const name of plan.steps) {
    const migration = files.has(name) ? await history.load(name) : undos.migrations.find((one) => one.name === name);
    if (migration) loaded.push(migration);
  }
  history.keep();
  const problems = [
    ...undos.problems,
    ...(await checkPlanned(plan, loaded, progress)),
    ...(await checkBound(run, plan, loaded)),
    ...(await checkTenants(run, plan, applied)),
    ...findProblems(context, history, withoutChecksumOf(progress, applied), plan),
  ];
  if (problems.length > 0) return { settled: refuse(plan, problems, null) };
  return plan.steps.length === 0 ? { settled: nothing } : { plan, loaded };
}

const noUndos: Undos = { migrations: [], problems: [] };

/** Reads what the plan takes from the ledger; loads nothing where that is nothing. */
async function readLedgerSteps(
  { context, connection, history, options }: MigrateRequest,
  plan: Plan,
  applied: readonly KnownApplication[],
): Promise<Undos> {
  const { fromLedger } = plan;
  if (!fromLedger) return noUndos;
  const files = filesOf(history);
  const target = applied[applied.length - plan.steps.length - 1]?.name;
  const { readUndos } = await import("./undo.ts");
  const { acceptLosses = [] } = options;
  const request = { context, connection, plan: { ...plan, fromLedger }, target, acceptLosses };
  return await readUndos({ ...request, isKnown: (name) => files.has(name) });
}

/** Puts the half-done migration first, even where the history has got an earlier one since. */
function continueHalfDone(plan: Plan, progress: Progress | undefined): Plan {
  if (!progress || !plan.steps.includes(progress.migration)) return plan;
  return { ...plan, steps: [progress.migration, ...plan.steps.filter((name) => name !== progress.migration)] };
}

/** Drops the checksum of a half-done `down`: its file may have been corrected, and `resume` compares its statements. */
function withoutChecksumOf(
  progress: Progress | undefined,
  applied: readonly KnownApplication[],
): readonly KnownApplication[] {
  return applied.map((row) => (row.name === progress?.migration ? { ...row, checksum: null } : row));
}

/** Problems of the steps themselves; loads nothing where there are none to check. */
async function checkPlanned(
  plan: Plan,
  loaded: readonly LoadedMigration[],
  progress: Progress | undefined,
): Promise<Problem[]> {
  if (loaded.length === 0 && !progress) return [];
  return (await import("./planned.ts")).checkPlanned(plan, loaded, progress);
}

/** What a tenant's migrations would do outside its schema, and a whole history's in a database that has tenants. */
async function checkBound(run: MigrateRequest, plan: Plan, loaded: readonly LoadedMigration[]): Promise<Problem[]> {
  const { schema } = run.context;
  if (schema === undefined || loaded.length === 0) return [];
  const { findReached, findUnbound } = await import("./bound-to-schema.ts");
  const unbound = await findUnbound(plan, loaded);
  return unbound.length > 0 ? unbound : await findReached(run.connection.query, schema, plan, loaded);
}

/** A history that is run as a whole, in a database that has run it in parts. */
async function checkTenants(
  { context, connection }: MigrateRequest,
  plan: Plan,
  applied: readonly KnownApplication[],
): Promise<Problem[]> {
  const { migrations, ledger } = context;
  if (plan.direction === "down" || plan.steps.length === 0 || applied.length === 0 || isPart(migrations)) return [];
  const { describeTenants } = await import("./tenants.ts");
  return await describeTenants(connection.query, { of: migrations, ledger, applied, steps: plan.steps });
}

function findProblems(context: Context, history: History, applied: readonly KnownApplication[], plan: Plan): Problem[] {
  const known = history.known();
  const found = [...checkHistory(known, applied, history.folder.manifest), ...checkPlan(known, applied, plan)];
  const problems = found.filter(
    ({ code, migration }) => code !== "missing" || !plan.fromLedger?.includes(migration ?? ""),
  );
  return context.allowOutOfOrder ? problems.filter(({ code }) => code !== "out-of-order") : problems;
}

function broken(plan: Plan, error: BrokenMigrationError): Report {
  const steps = plan.steps.map((name) => unrun(name, name === error.migration ? "failed" : "notRun", plan));
  return { outcome: "failed", steps, problems: [], error };
}
