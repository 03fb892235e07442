import { isLive, on, type Rule } from "../rule.ts";
import { byKey } from "./shared/data.ts";

export const rule: Rule = {
  name: "backfill-fires-triggers",
  severity: "note",
  summary: "An UPDATE of many rows runs the table's triggers for each, such as one that sets updated_at.",
  find: on("update", (action, at) => {
    const relation = at.schema.relation(action.table);
    if (!relation || relation.triggers.size === 0 || !isLive(relation) || byKey(action, relation.name, at))
      return undefined;
    return {
      message: `${[...relation.triggers.keys()].join(", ")} of ${relation.name} run for every row that is written`,
      hint: "a condition in the trigger that a setting of this session meets",
      table: relation.name,
    };
  }),
  fires: [
    "update users set age = 1",
    "update users set note = 'x' where note is null",
    "create trigger t before update on orders for each row execute function touch(); update orders set code = 'a'",
  ],
  silent: [
    "update orders set code = 'a'",
    "update users set age = 1 where id = 3",
    "insert into users (id, email) values (1, 'a')",
  ],
};
