import { isLive, on, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "drop-table-locks-parents",
  severity: "warning",
  summary: "DROP TABLE locks every table that its foreign keys refer to against reads and writes.",
  find: on("drop", ({ type, name }, { schema, effects }) => {
    const own = schema.resolve(name);
    const parents = effects
      .filter(({ relation }) => relation !== own && isLive(schema.relations.get(relation)))
      .map(({ relation }) => relation);
    return (
      type === "OBJECT_TABLE" &&
      parents.length > 0 && {
        message: `dropping ${own} locks ${parents.join(" and ")} too ${under("ACCESS EXCLUSIVE")}`,
        hint: "a short lock_timeout; drop the foreign keys first, one a transaction",
        table: parents[0],
        lock: "ACCESS EXCLUSIVE",
      }
    );
  }),
  fires: [
    "drop table orders",
    "drop table users cascade",
    "create table t (a bigint references users (id)); drop table t",
  ],
  silent: ["drop table spare", "drop table app.items", "drop view active_users"],
};
