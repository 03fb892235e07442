import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "redundant-index",
  severity: "note",
  optional: true,
  summary: "An index whose columns begin another one is written for nothing.",
  find: on("create index", (action, { schema }) => {
    if (action.unique || action.partial || action.columns.includes(undefined)) return undefined;
    const begins = (one: readonly unknown[], another: readonly unknown[]) =>
      one.every((name, index) => another[index] === name);
    const other = schema
      .indexesOf(schema.resolve(action.table))
      .find(
        ({ columns, partial, method, unique, ofConstraint }) =>
          !partial &&
          method === action.method &&
          (begins(action.columns, columns) || (!unique && !ofConstraint && begins(columns, action.columns))),
      );
    return (
      other && { message: `${other.name} serves what ${action.index ?? "this index"} would`, hint: "one of the two" }
    );
  }),
  fires: [
    "create index i on users (name, age)",
    "create index i on users (name)",
    "create index i on orders (user_id)",
    "create index a on users (age, note); create index b on users (age)",
  ],
  silent: [
    "create index i on users (age)",
    "create index i on users (age, name)",
    "create unique index i on users (name)",
    "create index i on users (name) where age > 1",
  ],
};
