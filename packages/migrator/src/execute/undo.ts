import type { Problem } from "../errors.ts";
import type { LoadedMigration } from "../history/load.ts";
import { findOtherWriters } from "../ledger/other-writers.ts";
import { readStoredUndos, type StoredUndo, type StoredUndos } from "../ledger/stored-undo.ts";
import { createSigner } from "../ledger/undo-digester.ts";
import { findRemoved } from "../plan/find-removed.ts";
import { judgeUndos, readUndo } from "../plan/undo.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import type { Connection, Query } from "../postgres/connection.ts";
import type { Plan } from "../report.ts";
import type { Context } from "./context.ts";
import { measureLosses } from "./measure-losses.ts";

/** A plan of `down`, some of whose migrations have no file here. */
export interface UndoRequest {
  readonly context: Context;
  readonly connection: Connection;
  readonly plan: Plan & { readonly fromLedger: readonly string[] };
  /** The migration that the plan goes down to. */
  readonly target: string | undefined;
  /** Whether this history has a file of that name. */
  readonly isKnown: (name: string) => boolean;
  /** The migrations whose losses are accepted, each by a part that fits one. */
  readonly acceptLosses: readonly string[];
}

/** What stands in the ledger in place of files: all of it can be run, or there are problems. */
export interface Undos {
  readonly migrations: readonly LoadedMigration[];
  readonly problems: readonly Problem[];
}

/** Reads and judges the undo of the plan's migrations that have no file. Throws where an accepted name is unknown. */
export async function readUndos(request: UndoRequest): Promise<Undos> {
  const { context, connection, plan, target } = request;
  if (target === undefined || !request.isKnown(target))
    return { migrations: [], problems: [refuseTarget(target ?? "")] };
  const accepted = new Set(request.acceptLosses.map((name) => resolveTarget(name, plan.steps)));
  const stored = await readStoredUndos(connection.query, context.ledger, plan.fromLedger);
  const signer = await createSigner(connection.query, context.undoKey());
  const measured = await measureAll(connection.query, stored, plan.fromLedger);
  const problems = judgeUndos(stored, { signer, accepted, measured });
  const writers = await findOtherWriters(connection.query, context.ledger);
  return {
    migrations: stored.asked.flatMap(toMigration),
    problems: [...problems, ...writers.map(refuseWriter)],
  };
}

/** What each migration would take of what is there now; `names` in the order in which they are reverted. */
async function measureAll(
  query: Query,
  { asked }: StoredUndos,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const steps = names.map((name) => asked.find((one) => one.name === name)?.statements ?? []);
  const removed = await findRemoved(steps);
  const measured = new Map<string, readonly string[]>();
  for (const [index, name] of names.entries()) measured.set(name, await measureLosses(query, removed[index] ?? []));
  return measured;
}

function refuseTarget(name: string): Problem {
  const message = `${name} is applied, but its file is not in the folder: down goes by the undo in the ledger only to a migration that this build knows.`;
  return { code: "unknown-migration", migration: name, message };
}

function refuseWriter(what: string): Problem {
  const message = `Undo from the ledger runs what stands there as this role, and others may write it: ${what}.`;
  return { code: "untrusted-undo", migration: null, message };
}

/** The row as if its file had been read: only its `down` is ever run. */
function toMigration(stored: StoredUndo): LoadedMigration[] {
  const undo = readUndo(stored);
  if (!undo) return [];
  const { name, checksum } = stored;
  return [
    {
      name,
      transactional: undo.transactional,
      up: { statements: [], computed: false },
      down: { statements: undo.statements, computed: false },
      irreversible: null,
      // An undo without a statement was declared as such when it was stored.
      noop: new Set(["down"]),
      losses: undo.losses,
      checksum: checksum ?? "",
      backfill: null,
      create: () => {
        throw new Error("an undo from the ledger computes nothing");
      },
    },
  ];
}
