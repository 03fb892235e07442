import { isPart } from "../history/part.ts";
import { lockName } from "../ledger/tables.ts";
import { isSound } from "../plan/integrity.ts";
import { findInvalidIndexes } from "../execute/concurrent-index.ts";
import type { Context } from "../execute/context.ts";
import type { Connection, Query } from "../postgres/connection.ts";
import { findHeld } from "../ledger/backfills.ts";
import { ensureFlushed } from "../ledger/durability.ts";
import type { History } from "../history/history.ts";
import type { Problem } from "../errors.ts";
import { type AppliedMigration, readLedger, readRecordedLedger } from "../ledger/ledger.ts";
import { findHolder } from "../postgres/advisory-lock.ts";
import { readProgress } from "../ledger/progress.ts";
import { type Status, summarize } from "../plan/status.ts";
import { withCachedHistory } from "../execute/fast-path.ts";

/**
 * Reads the status of the database; changes nothing and takes no lock. It is "current" only once the ledger is on the
 * server's disk. Throws a `MigratorError` when it cannot.
 */
export async function readStatus(context: Context): Promise<Status> {
  return await withCachedHistory(context, {
    quick: async ({ query }, digest) => {
      const [applied, problems] = await Promise.all([
        readRecordedLedger(query, digest, context.ledger),
        findInvalid(query, context),
      ]);
      if (applied) await ensureFlushed(query, context.ledger);
      return applied && { ...allApplied(applied), problems };
    },
    thorough: async (connection, history, vouch) => {
      const applied = await readLedger(connection.query, context.ledger);
      if (applied.length === 0 && context.schema !== undefined)
        await (await import("../execute/schema-there.ts")).requireSchema(connection, context.schema);
      await history.loadForChecks(applied);
      const noted = await readProgress(connection.query, context.ledger);
      const runner = (await findHolder(connection.query, lockName(context.ledger))) ?? null;
      // While a runner is at work, its migration is under way and not half done.
      const progress = runner ? undefined : noted;
      const { manifest } = history.folder;
      const status = { ...summarize(history.known(), applied, { manifest, progress }), halfDone: noted ?? null };
      if (status.state === "current" && isSound(history.known(), manifest)) vouch();
      if (status.state === "current") await ensureFlushed(connection.query, context.ledger);
      const others = applied.length === 0 ? await findOther(connection.query, context, history) : [];
      const problems = [...status.problems, ...others, ...(await findInvalid(connection.query, context))];
      const held = await findHeld(connection.query, context.ledger, status.pending);
      return { ...(await withReleases(context, connection, history, { ...status, held })), runner, problems };
    },
  });
}

/** Adds what is known of releases; loads nothing where none are, or where the schema is the expected one. */
async function withReleases(
  context: Context,
  connection: Connection,
  { folder }: History,
  status: Status,
): Promise<Status> {
  const { releases, ledger } = context;
  if (!releases || (status.state !== "ahead" && status.state !== "behind")) return status;
  const { describeReleases } = await import("../releases/describe-releases.ts");
  return await describeReleases({ query: connection.query, ledger, releases, folder }, status);
}

/** The status of a database whose ledger holds exactly a sound history. */
function allApplied(applied: readonly AppliedMigration[]): Status {
  const head = applied.at(-1)?.name ?? null;
  return {
    state: "current",
    head,
    target: head,
    applied,
    pending: [],
    held: [],
    compatible: true,
    findings: [],
    halfDone: null,
    problems: [],
    runner: null,
  };
}

/** The history may be recorded in another table than the configured one. */
async function findOther(query: Query, { ledger, migrations }: Context, { folder }: History): Promise<Problem[]> {
  if (isPart(migrations)) return [];
  const { describeOtherLedger, findOtherLedger } = await import("../ledger/other-ledger.ts");
  const found = await findOtherLedger(
    query,
    ledger,
    folder.files.map(({ name }) => name),
  );
  return found === undefined
    ? []
    : [{ code: "missing", migration: null, message: `${describeOtherLedger(found, ledger)}.` }];
}

async function findInvalid(query: Query, { schema }: Context): Promise<Problem[]> {
  return (await findInvalidIndexes(query, schema)).map(toProblem);
}

/** An invalid index does not change the state, because history and database do not contradict each other. */
function toProblem(index: string): Problem {
  const message = `The index ${index} is invalid: a build was interrupted. The next "migrator up" rebuilds it if a pending migration creates it; else drop it with "drop index concurrently ${index}".`;
  return { code: "invalid-index", migration: null, message };
}
