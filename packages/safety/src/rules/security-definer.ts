import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "security-definer",
  severity: "warning",
  summary: "A SECURITY DEFINER function without its own search_path runs what its caller puts in the way.",
  find: on(
    "create function",
    ({ name, securityDefiner, setsSearchPath }) =>
      securityDefiner &&
      !setsSearchPath && {
        message: `${name.join(".")} runs with its owner's rights over its caller's search_path`,
        hint: "SET search_path = pg_catalog, public in its definition",
      },
  ),
  fires: [
    "create function f() returns int language sql security definer as 'select 1'",
    "create or replace function f() returns int language plpgsql security definer as 'begin return 1; end'",
    "create procedure p() language sql security definer as 'select 1'",
  ],
  silent: [
    "create function f() returns int language sql security definer set search_path = pg_catalog as 'select 1'",
    "create function f() returns int language sql as 'select 1'",
    "create function f() returns int language sql security invoker as 'select 1'",
  ],
};
