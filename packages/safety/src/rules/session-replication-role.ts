import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "session-replication-role",
  severity: "error",
  summary: "session_replication_role = replica switches foreign keys and triggers off.",
  find: on(
    "set",
    ({ name, value }) =>
      name === "session_replication_role" &&
      value !== undefined &&
      !/^(origin|default)$/i.test(value) && {
        message: `foreign keys and triggers are off: what is written now is checked by nobody`,
        hint: "disable the one trigger that is in the way",
      },
  ),
  fires: [
    "set session_replication_role = replica",
    "set local session_replication_role = 'replica'",
    "set session_replication_role to 'local'",
  ],
  silent: [
    "set session_replication_role = origin",
    "reset session_replication_role",
    "alter table users disable trigger touch",
  ],
};
