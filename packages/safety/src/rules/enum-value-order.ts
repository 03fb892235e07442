import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "enum-value-order",
  severity: "note",
  summary: "A value without BEFORE or AFTER comes last, and cannot be moved.",
  find: on(
    "add enum value",
    ({ type, value, placed }) =>
      !placed && {
        message: `'${value}' comes last in ${type.join(".")}, for ever`,
        hint: "BEFORE or AFTER, where the order matters",
      },
  ),
  fires: [
    "alter type mood add value 'calm'",
    "alter type public.mood add value if not exists 'calm'",
    "alter type m add value 'x'",
  ],
  silent: [
    "alter type mood add value 'calm' before 'sad'",
    "alter type mood add value 'calm' after 'happy'",
    "create type t as enum ('a', 'b')",
  ],
};
