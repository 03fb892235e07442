import { isLive, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "repeated-alter-table",
  severity: "note",
  summary: "Each ALTER TABLE waits for the lock, and may scan, anew.",
  find: (at) => {
    const { action, run, schema, statement } = at;
    if (action.do !== "alter table" || !isLive(schema.relation(action.table))) return [];
    const name = schema.resolve(action.table);
    const last = run.done.findLast(({ statement: earlier }) => earlier !== statement);
    const same =
      last?.action.do === "alter table" &&
      schema.resolve(last.action.table) === name &&
      ![action.change.do, last.action.change.do].includes("validate");
    return same ? [{ message: `${name} is locked anew`, hint: "one ALTER TABLE with both commands", table: name }] : [];
  },
  fires: [
    "alter table users add column x int; alter table users add column y int",
    "-- outside\nalter table users add column x int; alter table users add column y int",
    "-- outside\nalter table users drop column age; alter table users drop column note",
    "-- outside\nalter table orders alter status set default 'a'; alter table orders alter code drop default",
  ],
  silent: [
    "-- outside\nalter table users add column x int, add column y int",
    "-- outside\nalter table users add column x int; alter table orders add column y int",
    "-- outside\nalter table users add constraint c check (age < 9) not valid; alter table users validate constraint c",
  ],
};
