import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "truncate-cascade",
  severity: "error",
  summary: "TRUNCATE CASCADE empties every table that refers to this one.",
  find: on("truncate", ({ tables, cascade }, { schema }) => {
    const others = tables.flatMap((table) => schema.referencesTo(schema.resolve(table)).map(({ from }) => from.name));
    return (
      cascade && {
        message: `the rows of ${others.join(", ") || "every table that refers to it"} go too`,
        hint: "name each table",
      }
    );
  }),
  fires: ["truncate users cascade", "truncate orgs, spare cascade", "truncate orders restart identity cascade"],
  silent: ["truncate users", "truncate orders, lines", "drop table users cascade"],
};
