import type { Query } from "../postgres/connection.ts";

/** Fills without triggers that would change other rows with it: older releases compare these with what they were. */
export async function withoutAfterTriggers(query: Query, fill: () => Promise<unknown>): Promise<void> {
  const triggers = await query<{ table: string; name: string }>(
    `select t.tgrelid::regclass::text as table, quote_ident(t.tgname) as name
       from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where not t.tgisinternal and t.tgenabled = 'O' and t.tgtype & 66 = 0 and t.tgparentid = 0 and c.relkind in ('r', 'p')`,
  );
  const each = async (what: "disable" | "enable") => {
    for (const { table, name } of triggers) await query(`alter table ${table} ${what} trigger ${name}`);
  };
  await each("disable");
  await fill().finally(async () => await each("enable"));
}
