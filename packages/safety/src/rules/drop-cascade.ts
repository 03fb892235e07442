import { type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "drop-cascade",
  severity: "error",
  summary: "CASCADE takes what nobody has named.",
  find: (at) => {
    const { action, schema } = at;
    const cascade =
      action.do === "drop"
        ? action.cascade
        : action.do === "alter table" && "cascade" in action.change && action.change.cascade;
    if (!cascade) return [];
    const name =
      action.do === "drop"
        ? schema.resolve(action.name)
        : schema.resolve((action as { table: readonly string[] }).table);
    const dependents = [
      ...schema.viewsOn(name).map((view) => view.name),
      ...schema.referencesTo(name).map(({ from, constraint }) => `${constraint.name} of ${from.name}`),
    ];
    return [
      {
        message: `CASCADE takes what depends on it: ${dependents.join(", ") || "nobody has named what"}`,
        hint: "drop what depends on it by name",
      },
    ];
  },
  fires: [
    "drop table users cascade",
    "drop type mood cascade",
    "alter table users drop column email cascade",
    "alter table users drop constraint users_pkey cascade",
  ],
  silent: [
    "drop table users",
    "alter table users drop column email",
    "truncate users cascade",
    "alter table lines add foreign key (order_id) references orders on delete cascade not valid",
  ],
};
