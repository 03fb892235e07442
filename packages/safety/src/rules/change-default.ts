import { isOld, isUnknown, onChange, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "change-default",
  severity: "note",
  summary: "ORMs send the old default until they are released anew.",
  find: onChange("set default", ({ column }, { table, relation }) => {
    const own = relation?.columns.get(column);
    if (!isOld(relation) || own?.isNew) return undefined;
    return {
      message: `code that sends the old default of ${table}.${column} goes on to send it`,
      hint: "release code with the new default as well",
      table,
      unknown: isUnknown(relation),
    };
  }),
  fires: [
    "alter table orders alter column status set default 'open'",
    "alter table users alter column code set default 'y'",
    "-- unknown\nalter table t alter a set default 1",
  ],
  silent: [
    "alter table users alter column age drop default",

    "create table t (a int default 1); alter table t alter a set default 2",
    "alter table users add column x int default 1; alter table users alter x set default 2",
  ],
};
