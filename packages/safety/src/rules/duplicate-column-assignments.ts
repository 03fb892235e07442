import { on, type Rule } from "../rule.ts";
import { findAll } from "../parse/syntax.ts";

export const rule: Rule = {
  name: "duplicate-column-assignments",
  severity: "error",
  optional: true,
  summary: "An UPDATE that sets a column twice fails.",
  find: on("update", ({ node }) => {
    const names = findAll((node as { UpdateStmt?: { targetList?: unknown } }).UpdateStmt?.targetList, "ResTarget").map(
      ({ name }) => name,
    );
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    return twice !== undefined && { message: `${twice} is set twice`, hint: "one of the two" };
  }),
  fires: [
    "update users set age = 1, age = 2 where id = 1",
    "update users set note = 'a', age = 1, note = 'b'",
    "update orders set code = 'a', code = 'b' where id = 1",
  ],
  silent: [
    "update users set age = 1, note = 'a' where id = 1",
    "update users set age = 1",
    "insert into orgs values (1)",
  ],
};
