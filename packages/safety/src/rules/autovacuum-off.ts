import { onChange, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "autovacuum-off",
  severity: "warning",
  summary: "Without autovacuum a table bloats, and its transaction ids run out.",
  find: onChange("options", ({ options }, { table }) => {
    const value = options["autovacuum_enabled"];
    return (
      value !== undefined &&
      /^(false|off|no|0)$/i.test(value) && {
        message: `autovacuum passes over ${table} from now on`,
        hint: "tune its scale factor instead",
        table,
      }
    );
  }),
  fires: [
    "alter table users set (autovacuum_enabled = false)",
    "alter table users set (autovacuum_enabled = off)",
    "alter table users set (fillfactor = 70, autovacuum_enabled = 0)",
  ],
  silent: [
    "alter table users set (autovacuum_enabled = true)",
    "alter table users set (fillfactor = 70)",
    "alter table users reset (autovacuum_enabled)",
  ],
};
