import { recordAudit } from "./audit.ts";
import { checkHistory } from "./check.ts";
import type { Connection } from "./connect.ts";
import type { Context } from "./context.ts";
import { type Problem, UnknownMigrationError } from "./errors.ts";
import { type History, openHistory } from "./history.ts";
import { acceptChanged, forget, readLedger } from "./ledger.ts";
import { ensureLedger } from "./prepare-ledger.ts";
import { resolveTarget } from "./resolve-target.ts";
import { underLock, withConnection } from "./under-lock.ts";

/** What was accepted of a migration: its edit, or that its file is gone. */
export interface Repaired {
  readonly name: string;
  readonly accepted: "changed" | "missing";
}

/**
 * Accepts edited or vanished migrations, each by name: the ledger takes the edited SQL's checksum, or forgets the
 * vanished migration. The schema is not touched. Throws when a name means no migration with such a problem.
 */
export async function repair(context: Context, names: readonly string[]): Promise<Repaired[]> {
  const history = await openHistory(context.directory);
  return await withConnection(
    context,
    async (connection) =>
      await underLock(context, connection, async () => await repairUnderLock(context, history, connection, names)),
  );
}

async function repairUnderLock(
  context: Context,
  history: History,
  { query }: Connection,
  names: readonly string[],
): Promise<Repaired[]> {
  const applied = await readLedger(query, context.ledger);
  await history.loadForChecks(applied);
  const problems = checkHistory(history.known(), applied).filter(
    ({ code }) => code === "changed" || code === "missing",
  );
  const repairs = names.map((name) => find(name, problems, [...history.known(), ...applied]));
  await ensureLedger(query, context.ledger);
  await query("begin");
  try {
    for (const one of repairs) await accept(context, history, query, one);
    await query("commit");
  } catch (error) {
    await query("rollback").catch(() => {});
    throw error;
  }
  return repairs;
}

function find(name: string, problems: readonly Problem[], known: readonly { readonly name: string }[]): Repaired {
  const full = resolveTarget(name, [...new Set(known.map((migration) => migration.name))]);
  const problem = problems.find(({ migration }) => migration === full);
  if (problem) return { name: full, accepted: problem.code as Repaired["accepted"] };
  const others = problems.map(({ migration }) => migration ?? "");
  throw new UnknownMigrationError(
    name,
    others,
    `${full} is neither edited nor missing, so there is nothing to repair. ${others.length > 0 ? `Those that are: ${others.join(", ")}.` : "No migration is."}`,
  );
}

async function accept(
  context: Context,
  history: History,
  query: Connection["query"],
  { name, accepted }: Repaired,
): Promise<void> {
  const migration = accepted === "changed" ? await history.load(name) : undefined;
  if (migration)
    await acceptChanged(
      query,
      name,
      migration.checksum,
      migration.down?.computed ? null : (migration.down?.statements ?? null),
      context.ledger,
    );
  else await forget(query, name, context.ledger);
  await recordAudit(
    query,
    { action: "repaired", migration: name, checksum: migration?.checksum ?? null },
    context,
    context.ledger,
  );
}
