import pg from "pg";
import type { Snapshot } from "./snapshot.ts";
import type { Stage } from "./stage.ts";

/** Sets right what a half-done step left: the counters as in a snapshot, and no unfinished index of a `reindex`. */
export async function byHand({ observer, database }: Stage, wanted: Snapshot): Promise<void> {
  const broken = await observer.ask(
    database,
    "select indexrelid::regclass::text as name from pg_index where not indisvalid and indexrelid::regclass::text ~ '_cc(new|old)'",
  );
  for (const { name } of broken) await observer.ask(database, `drop index ${String(name)}`);
  for (const statement of countersOf(wanted)) await observer.ask(database, statement);
}

function countersOf(snapshot: Snapshot): string[] {
  const rows = snapshot.filter((line) => line.startsWith("row counters "));
  return rows.map((line) => {
    const { id, n } = JSON.parse(line.slice("row counters ".length)) as { id: string; n: number };
    return `update counters set n = ${n} where id = ${pg.escapeLiteral(id)} and n <> ${n}`;
  });
}
