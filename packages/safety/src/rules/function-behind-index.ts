import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "function-behind-index",
  severity: "warning",
  summary: "What an index, CHECK or generated column computed with the old function stays as it was.",
  find: on("create function", ({ name, replace }, { schema }) => {
    const own = name.at(-1) ?? "";
    return (
      replace &&
      schema.functions.has(own) &&
      schema.indexExpressions.includes(own) && {
        message: `an index or CHECK was computed with the old ${own}(), and is not computed anew`,
        hint: "REINDEX CONCURRENTLY behind it, or a function with a new name",
      }
    );
  }),
  fires: [
    "create or replace function rank(text) returns int language sql immutable as 'select 2'",
    "create or replace function public.rank(text) returns int language sql immutable as 'select 3'",
    "create or replace function rank(text) returns int language plpgsql immutable as 'begin return 4; end'",
  ],
  silent: [
    "create or replace function touch() returns trigger language plpgsql as 'begin return new; end'",
    "create function other(text) returns int language sql as 'select 1'",
    "drop function touch() cascade",
  ],
};
