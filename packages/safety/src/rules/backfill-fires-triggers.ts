import { findAll, type Is } from "../parse/syntax.ts";
import { isLive, on, type Rule } from "../rule.ts";
import { byKey } from "./shared/data.ts";

export const rule: Rule = {
  name: "backfill-fires-triggers",
  severity: "note",
  summary: "An UPDATE of many rows runs the table's triggers for each, such as one that sets updated_at.",
  find: on("update", (action, at) => {
    const relation = at.schema.relation(action.table);
    if (at.run.set.get("session_replication_role") === "replica") return undefined;
    if (!relation || !isLive(relation) || byKey(action, relation.name, at)) return undefined;
    const written = new Set(
      findAll((action.node as { UpdateStmt?: Is<"UpdateStmt"> }).UpdateStmt?.targetList, "ResTarget").map(
        ({ name }) => name,
      ),
    );
    const fired = [...relation.triggers].filter(
      ([, { onUpdate, columns, enabled }]) =>
        enabled && onUpdate && (columns.length === 0 || columns.some((one) => written.has(one))),
    );
    if (fired.length === 0) return undefined;
    return {
      message: `${fired.map(([name]) => name).join(", ")} of ${relation.name} run for every row that is written`,
      hint: "a condition in the trigger that a setting of this session meets",
      table: relation.name,
    };
  }),
  fires: [
    "update users set age = 1",
    "update users set note = 'x' where note is null",
    "alter table users disable trigger touch; alter table users enable trigger touch; update users set age = 1",
    "create trigger t before update on orders for each row execute function touch(); update orders set code = 'a'",
  ],
  silent: [
    "update orders set code = 'a'",
    "alter table users disable trigger touch; update users set age = 1",
    "alter table users disable trigger user; update users set age = 1",
    "set local session_replication_role = replica; update users set age = 1",
    "update users set age = 1 where id = 3",
    "insert into users (id, email) values (1, 'a')",
  ],
};
