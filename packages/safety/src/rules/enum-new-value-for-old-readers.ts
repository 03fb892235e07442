import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "enum-new-value-for-old-readers",
  severity: "warning",
  summary: "A release that does not know the new value reads it all the same.",
  find: on(
    "add enum value",
    ({ type, value }, { schema }) =>
      schema.enums.get(schema.resolve(type, schema.enums)) === false && {
        message: `a release that does not know '${value}' of ${type.join(".")} may read it`,
        hint: "release code that reads it first, and write it then",
      },
  ),
  fires: [
    "alter type mood add value 'calm'",
    "alter type mood add value 'calm' before 'sad'",
    "alter type public.mood add value 'calm'",
  ],
  silent: [
    "create type t as enum ('a')",
    "alter type unheard add value 'x'",
    "alter type mood rename value 'sad' to 'blue'",
  ],
};
