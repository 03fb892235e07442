import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "drop-database",
  severity: "error",
  summary: "A database goes with all that is in it.",
  find: on(
    "drop",
    ({ type, name }) =>
      type === "OBJECT_DATABASE" && {
        message: `the database ${name.join(".")} is gone`,
        hint: "no migration drops a database",
      },
  ),
  fires: [
    "-- outside\ndrop database shop",
    "-- outside\ndrop database if exists shop",
    "-- outside\ndrop database shop with (force)",
  ],
  silent: ["drop schema app", "-- outside\ncreate database shop", "drop table users"],
};
