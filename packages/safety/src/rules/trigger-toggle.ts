import { isOld, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "trigger-toggle",
  severity: "warning",
  summary: "While a trigger is off, the rule that it keeps is not kept.",
  find: (at) => {
    const { action, schema } = at;
    if (action.do !== "alter table" || action.change.do !== "trigger" || !isOld(schema.relation(action.table)))
      return [];
    const { change, table } = action;
    const name = schema.resolve(table);
    return [
      {
        message: `${change.trigger ?? "every trigger"} of ${name} is ${change.enable ? "on" : "off"} for everybody, ${under("SHARE ROW EXCLUSIVE")}`,
        hint: "a condition in the trigger that a setting of this session meets",
        table: name,
        lock: "SHARE ROW EXCLUSIVE",
      },
    ];
  },
  fires: [
    "alter table users disable trigger touch",
    "alter table users disable trigger all",
    "alter table users enable trigger touch",
  ],
  silent: [
    "create table t (a int); alter table t disable trigger all",
    "drop trigger touch on users",
    "alter table users add column x int",
  ],
};
