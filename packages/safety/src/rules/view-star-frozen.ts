import { on, type Rule } from "../rule.ts";
import { findAll, nameOf } from "../parse/syntax.ts";

export const rule: Rule = {
  name: "view-star-frozen",
  severity: "note",
  summary: "A view's * is what the table had when the view was made.",
  find: on("create view", ({ view, query }, { schema }) => {
    const star = findAll(query, "ColumnRef").some(({ fields = [] }) => fields.some((field) => "A_Star" in field));
    const tables = findAll(query, "RangeVar").map((one) => schema.resolve(nameOf(one)));
    return (
      star && {
        message: `${view.join(".")} does not get the columns that ${tables[0] ?? "its table"} gets later`,
        hint: "name the columns",
      }
    );
  }),
  fires: [
    "create view v as select * from users",
    "create or replace view v as select u.* from users u",
    "create view v as select *, 1 as one from orders",
  ],
  silent: [
    "create view v as select id, name from users",
    "create view v as select count(*) from users",
    "create materialized view v as select * from users with no data",
  ],
};
