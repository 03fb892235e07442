import type { Rule } from "../rule.ts";

export const rule: Rule = {
  name: "recreate-loses",
  severity: "warning",
  summary:
    "What is dropped and made anew has no grants, owner, comments, policies, triggers and publication of the old one.",
  find: (at) => {
    const { action, run, schema } = at;
    const made =
      action.do === "create table" || action.do === "create table as"
        ? action.table
        : action.do === "create view"
          ? action.view
          : action.do === "create function"
            ? action.name
            : undefined;
    if (!made) return [];
    const name = made.at(-1);
    const before = run.done.find(
      ({ action: one }) =>
        one.do === "drop" &&
        one.name.at(-1) === name &&
        /TABLE|VIEW|FUNCTION/.test(one.type) &&
        !run.droppedNew.has(one.name.at(-1) ?? ""),
    );
    return before
      ? [
          {
            message: `${schema.resolve(made)} is made anew: grants, owner, comments, policies, triggers, publications and statistics of the old one are gone`,
            hint: "CREATE OR REPLACE, or grant and comment anew behind it",
          },
        ]
      : [];
  },
  fires: [
    "drop table spare; create table spare (id bigint)",
    "drop view active_users; create view active_users as select id from users",
    "drop function rank(text); create function rank(text) returns int language sql as 'select 1'",
    "drop materialized view totals; create materialized view totals as select 1 as a",
  ],
  silent: [
    "create or replace view active_users as select id, email from users",
    "create table t (a int); drop table t; create table t (a int)",
    "drop table spare; create table other (a int)",
  ],
};
