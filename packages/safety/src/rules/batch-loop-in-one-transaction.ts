import { isLive, on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "batch-loop-in-one-transaction",
  severity: "error",
  summary: "A loop of batches without COMMIT is one transaction all the same.",
  find: on("do", ({ code = "" }, { schema }) => {
    const written = [...code.matchAll(/\b(?:update|delete\s+from|insert\s+into)\s+([\w."]+)/gi)].map(
      ([, name = ""]) => name,
    );
    const isLoop = /\b(loop|while)\b/i.test(code) && !/\bcommit\b/i.test(code);
    const live = written.filter((name) => isLive(schema.relation(name.replaceAll('"', "").split("."))));
    return (
      isLoop &&
      live.length > 0 && {
        message: `the loop's batches are one transaction: what they lock in ${live[0]} is held, and vacuum kept from clearing up, to its end`,
        hint: "COMMIT in the loop, in a migration outside a transaction",
      }
    );
  }),
  fires: [
    "do $$ begin loop update users set age = 1 where id < 10; exit when not found; end loop; end $$",
    "do $$ begin while true loop delete from users where id < 5; end loop; end $$",
    "do $$ declare r record; begin for r in select 1 loop insert into orgs values (1); end loop; end $$",
  ],
  silent: [
    "-- outside\ndo $$ begin loop update users set age = 1 where id < 10; commit; exit when not found; end loop; end $$",
    "do $$ begin update users set age = 1 where id = 1; end $$",
    "create table t (a int); do $$ begin loop update t set a = 1; exit when not found; end loop; end $$",
    "do $$ begin for i in 1..3 loop raise notice 'x'; end loop; end $$",
  ],
};
