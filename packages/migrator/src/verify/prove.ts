import { shorten } from "@thedata/catalog/sql";
import type { MigrationFailedError } from "../errors.ts";
import type { LoadedMigration } from "../history/load.ts";
import { describeFailure } from "./describe-failure.ts";
import { type Case, judgeAgain, judgeDown, judgeLosses } from "./judge.ts";
import type { Snapshot, Stage } from "./stage.ts";
import { addFault, addNote, type Findings } from "./verdict.ts";

/** The state of the stage after a migration was verified. */
export interface Proved {
  /** True: the migration is applied, and the next one can be verified. */
  readonly usable: boolean;
  /** Why the first `up` failed, on tables with rows. */
  readonly failure: MigrationFailedError | null;
}

/**
 * Verifies one migration on a stage where all before it are applied: up, down, up with the rows from before, then down
 * and up with rows that came after it too. Adds what it finds to `findings`.
 */
export async function prove(stage: Stage, migration: LoadedMigration, judged: Case): Promise<Proved> {
  const { findings } = judged;
  await fill(stage, findings);
  const before = await stage.look();
  const failure = await stage.play(migration, "up");
  findings.up = failure ? "failed" : "ok";
  if (failure) return { usable: false, failure };
  const after = await stage.look();
  for (const index of after.invalid.filter((name) => !before.invalid.includes(name)))
    addFault(
      findings,
      "invalid-index",
      `up leaves the index ${index} invalid: no query uses it, and each write keeps it current.`,
    );
  if (migration.down === null) return { usable: noWayBack(findings, migration), failure: null };
  const usable = await proveWayBack(stage, migration, judged, before, after);
  return { usable, failure: null };
}

async function fill(stage: Stage, findings: Findings): Promise<number> {
  const { rows, empty } = await stage.fill();
  findings.rows += rows;
  for (const { table, reason } of empty)
    addNote(findings, "empty-table", `No rows could be made for ${shorten(table)}: ${reason}.`);
  return rows;
}

function noWayBack(findings: Findings, { irreversible }: LoadedMigration): true {
  if (irreversible === null)
    addFault(
      findings,
      "no-down",
      "It has no down: write one, or one that throws the reason why it cannot be reverted.",
    );
  else addNote(findings, "irreversible", `It cannot be reverted; its down says: ${irreversible}`);
  return true;
}

async function proveWayBack(
  stage: Stage,
  migration: LoadedMigration,
  judged: Case,
  before: Snapshot,
  after: Snapshot,
): Promise<boolean> {
  const { findings } = judged;
  const down = await stage.play(migration, "down");
  findings.down = down ? "failed" : "ok";
  if (down) addFault(findings, "down-fails", `down fails ${describeFailure(down)}`);
  if (down) return down.rolledBack;
  const restored = await stage.look();
  judgeDown(judged, before, restored);
  const again = await stage.play(migration, "up");
  findings.again = again ? "failed" : "ok";
  if (again)
    addFault(findings, "not-repeatable", `up fails after down, although it worked before, ${describeFailure(again)}`);
  if (again) return false;
  const repeated = await stage.look();
  judgeAgain(judged, { before, after, restored, repeated });
  return await proveOnLaterRows(stage, migration, judged, before, repeated);
}

/** Rows that came after `up` show what `down` loses. */
async function proveOnLaterRows(
  stage: Stage,
  migration: LoadedMigration,
  judged: Case,
  before: Snapshot,
  repeated: Snapshot,
): Promise<boolean> {
  const { findings } = judged;
  if ((await fill(stage, findings)) === 0) return true;
  const filled = await stage.lookAtRows();
  const down = await stage.play(migration, "down");
  if (down) {
    addNote(
      findings,
      "down-refuses",
      `down works, but not once rows have come after up: it fails ${describeFailure(down)}`,
    );
    return down.rolledBack;
  }
  const reverted = await stage.lookAtRows();
  const again = await stage.play(migration, "up");
  if (again) {
    findings.again = "failed";
    addFault(
      findings,
      "not-repeatable",
      `up fails after down once rows have come after the first up, ${describeFailure(again)}`,
    );
    return false;
  }
  const final = await stage.lookAtRows();
  judgeLosses(judged, { before: before.contents, repeated: repeated.contents, filled, reverted, final });
  return true;
}
