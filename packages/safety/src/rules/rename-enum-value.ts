import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "rename-enum-value",
  severity: "error",
  summary: "Code that writes or compares the old value fails.",
  find: on("rename enum value", ({ type, value }) => ({
    message: `code that sends '${value}' of ${type.join(".")} fails with 22P02`,
    hint: "add the new value, move the rows, and stop using the old one",
  })),
  fires: [
    "alter type mood rename value 'happy' to 'glad'",
    "alter type public.mood rename value 'sad' to 'blue'",
    "alter type m rename value 'a' to 'b'",
  ],
  silent: [
    "alter type mood add value 'calm'",
    "alter type mood rename to feeling",
    "alter table users rename age to years",
  ],
};
