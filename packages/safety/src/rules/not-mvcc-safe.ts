import { isLive, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "not-mvcc-safe",
  severity: "note",
  summary: "After TRUNCATE or a rewrite, a transaction with an older snapshot sees the table empty.",
  find: ({ action, effects, schema }) => {
    const rewritten = effects.find(
      ({ work, relation }) => work === "rewrite" && isLive(schema.relations.get(relation)),
    );
    if (!rewritten || action.do === "refresh" || action.do === "vacuum" || action.do === "cluster") return [];
    return [
      {
        message: `transactions whose snapshot is older see no row of ${rewritten.relation}`,
        hint: "no long reports while it runs",
        table: rewritten.relation,
      },
    ];
  },
  fires: [
    "truncate users",
    "alter table users alter column age type bigint",
    "alter table users add column t uuid default gen_random_uuid()",
  ],
  silent: [
    "alter table users add column x int",
    "delete from users where id = 1",
    "create table t (a int); truncate t",
    "alter table users alter column name type text",
  ],
};
