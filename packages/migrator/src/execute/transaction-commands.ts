import { escapeLiteral } from "pg";
import { undoOf } from "../history/undo-of.ts";
import type { LoadedMigration } from "../history/load.ts";
import { auditInsert } from "../ledger/audit.ts";
import { waitForDisk } from "../ledger/durability.ts";
import { ledgerDelete, ledgerInsert } from "../ledger/ledger.ts";
import { progressDelete } from "../ledger/progress.ts";
import { explainPipeline } from "./failure.ts";
import { type PipelineCommand, sendPipeline } from "./pipeline.ts";
import { nameSession } from "./job.ts";
import type { Run, Step } from "./run.ts";

/** Sends commands in one write. Throws a `MigrationFailedError` that names the statement, one of `statements`. */
export async function send(
  run: Run,
  { migration }: Pick<Step, "migration">,
  commands: PipelineCommand[],
  statements: readonly string[],
): Promise<void> {
  const failure = await sendPipeline(run.connection.client, commands);
  if (failure) throw explainPipeline(run, migration.name, failure, statements);
}

/**
 * The commands that open the transaction, with settings local to it. None takes a snapshot, because the migration may
 * set an isolation level.
 */
export function opening(run: Run, step: Step): PipelineCommand[] {
  const sync = run.another ? ["set local synchronous_commit = off"] : [];
  return [{ text: "begin" }, ...settings(run, step), ...sync.map((text) => ({ text }))];
}

/** The settings of a step, until its transaction ends. */
export function settings(run: Run, { migration }: Step): PipelineCommand[] {
  return [
    `set local lock_timeout = ${Math.round(run.lockTimeoutMs)}`,
    `set local application_name = ${escapeLiteral(titleOf(run, migration))}`,
  ].map((text) => ({ text }));
}

// The migration may have set another role, which may not write the ledger.
export const ownRole = ["reset session authorization", "reset role"];

/** The commands that record the step, commit, and reset what the migration set for its session. */
export function closing(run: Run, step: Step): PipelineCommand[] {
  return [...ownRole.map((text) => ({ text })), ...recording(run, step), ...ending(run)];
}

/** The commands that commit, and reset what was set for the session. */
export function ending(run: Run): PipelineCommand[] {
  const disk = run.another ? [] : [waitForDisk];
  return [...disk, "commit", "reset all", ...(run.timeouts ?? [])].map((text) => ({ text }));
}

/** The session's `application_name`; PostgreSQL would cut a longer one with a notice. */
export function titleOf(run: Run, { name }: LoadedMigration): string {
  return `${nameSession(run)} ${name}`.slice(0, 63);
}

/** The commands that write ledger, progress and audit. */
export function recording(
  run: Run,
  { migration, direction, tookMs, alongside = [] }: Step,
  elapsedMs: number | null = null,
): PipelineCommand[] {
  const { name, checksum, transactional } = migration;
  const { host: appliedFrom, toolVersion, runId, ledger } = run;
  const undo = direction === "up" ? undoOf(migration) : null;
  const digest = undo ? run.digestUndo?.(migration, undo) : undefined;
  const action = direction === "up" ? "applied" : "reverted";
  const durationMs = tookMs ?? (transactional ? ("sinceBegin" as const) : elapsedMs);
  const entry = { name, checksum, durationMs, appliedFrom, toolVersion, runId, undo, digest };
  return [
    direction === "down" ? ledgerDelete(name, ledger) : ledgerInsert(entry, ledger),
    ...(transactional ? [] : [progressDelete(name, ledger)]),
    auditInsert({ action, migration: name, checksum, durationMs, undoDigest: digest?.digest }, run, ledger),
    ...alongside,
  ].map(({ sql, parameters }) => ({ text: sql, values: parameters }));
}
