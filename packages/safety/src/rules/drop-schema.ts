import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "drop-schema",
  severity: "error",
  summary: "A schema goes with all that is in it.",
  find: on(
    "drop",
    ({ type, name, cascade }, { schema }) =>
      type === "OBJECT_SCHEMA" &&
      !schema.newSchemas.has(name.at(-1) ?? "") && {
        message: `the schema ${name.join(".")} is gone${cascade ? ", with everything in it" : ""}`,
        hint: "drop what is in it by name first",
      },
  ),
  fires: ["drop schema app", "drop schema app cascade", "drop schema if exists other"],
  silent: ["create schema n; drop schema n", "drop table app.items", "create schema other", "drop type mood"],
};
