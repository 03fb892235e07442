import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "create-domain-constraint",
  severity: "note",
  optional: true,
  summary: "A domain's constraint is changed for every table at once, under their locks.",
  find: on(
    "create domain",
    ({ type, constrained }) =>
      constrained && {
        message: `the constraint of ${type.join(".")} holds for every table that uses it`,
        hint: "a CHECK on each column",
      },
  ),
  fires: [
    "create domain d as int check (value > 0)",
    "create domain d as text not null",
    "create domain app.d as int constraint c check (value < 5)",
  ],
  silent: ["create domain d as text", "create domain d as int default 5", "create type t as enum ('a')"],
};
