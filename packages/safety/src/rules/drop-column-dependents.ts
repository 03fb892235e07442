import { isOld, onChange, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "drop-column-dependents",
  severity: "warning",
  summary: "Indexes and constraints over a column go with it, without a word.",
  find: onChange("drop column", ({ column }, { table, relation, at }) => {
    if (!relation || !isOld(relation)) return undefined;
    const indexes = at.schema
      .indexesOf(table)
      .filter(({ uses, ofConstraint }) => uses.includes(column) && !ofConstraint)
      .map(({ name }) => name);
    const constraints = [...relation.constraints.values()]
      .filter(({ columns, addedIn }) => columns.includes(column) && addedIn === undefined)
      .map(({ name }) => name);
    const gone = [...indexes, ...constraints];
    return (
      gone.length > 0 && {
        message: `${gone.join(", ")} go with ${table}.${column}`,
        hint: "name them, and replace what is still needed before",
        table,
      }
    );
  }),
  fires: [
    "alter table users drop column name",
    "alter table orders drop column user_id",
    "alter table users drop column email",
    "alter table orders drop code",
  ],
  silent: [
    "alter table orders drop column amount",
    "alter table users drop column updated_at",
    "create table t (a int unique, b int); alter table t drop a",
  ],
};
