import pg from "pg";
import type { Snapshot } from "./snapshot.ts";
import type { Stage } from "./stage.ts";

/** Repairs a half-done step by hand: counters and partitions as in a snapshot, no unfinished index of a `reindex`. */
export async function byHand(stage: Stage, wanted: Snapshot): Promise<void> {
  const { observer, database } = stage;
  const broken = await observer.ask(
    database,
    "select indexrelid::regclass::text as name from pg_index where not indisvalid and indexrelid::regclass::text ~ '_cc(new|old)'",
  );
  for (const { name } of broken) await observer.ask(database, `drop index ${String(name)}`);
  await settlePartitions(stage, wanted);
  for (const statement of countersOf(wanted)) await observer.ask(database, statement);
}

async function settlePartitions({ observer, database }: Stage, wanted: Snapshot): Promise<void> {
  const found = await observer.ask(
    database,
    `select c.relname as name, left(c.relname, 3) as parent, h.inhdetachpending as pending
       from pg_class c left join pg_inherits h on h.inhrelid = c.oid where c.relname ~ '^d[0-9]+_high$'`,
  );
  for (const { name, parent, pending } of found) {
    const isAttached = pending === false;
    const shouldBe = wanted.some((line) => line.startsWith(`partition ${String(name)} of `));
    const change = async (sql: string) => await observer.ask(database, `alter table ${sql}`);
    if (pending === true) await change(`${parent} detach partition ${name} finalize`);
    if (isAttached && !shouldBe) await change(`${parent} detach partition ${name}`);
    await change(`${name} drop constraint if exists ${name}_id_check`);
    if (!isAttached && shouldBe) await change(`${parent} attach partition ${name} for values from (10) to (20)`);
  }
}

function countersOf(snapshot: Snapshot): string[] {
  const rows = snapshot.filter((line) => line.startsWith("row counters "));
  return rows.map((line) => {
    const { id, n } = JSON.parse(line.slice("row counters ".length)) as { id: string; n: number };
    return `update counters set n = ${n} where id = ${pg.escapeLiteral(id)} and n <> ${n}`;
  });
}
