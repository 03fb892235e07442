import { isLive, type Rule } from "../rule.ts";
import { shortName } from "../schema/schema.ts";

export const rule: Rule = {
  name: "expression-index-without-analyze",
  severity: "note",
  summary: "An index on an expression has no statistics until ANALYZE: the planner guesses.",
  finish: ({ actions, schema }) => {
    const analyzed = new Set(
      actions.flatMap(({ action }) =>
        action.do === "analyze" || (action.do === "vacuum" && action.analyze)
          ? action.tables.map((one) => schema.resolve(one))
          : [],
      ),
    );
    const all = actions.some(({ action }) => action.do === "analyze" && action.tables.length === 0);
    return actions.flatMap(({ action, statement }) => {
      const isExpression = action.do === "create index" && action.columns.includes(undefined);
      if (!isExpression && action.do !== "create statistics") return [];
      const table = schema.resolve(action.table);
      if (all || analyzed.has(table) || !isLive(schema.relations.get(table))) return [];
      return [
        {
          statement,
          message: `${shortName(table)} has no statistics for this until it is analyzed`,
          hint: `ANALYZE ${table} behind it`,
          table,
        },
      ];
    });
  },
  fires: [
    "create index i on users (lower(name))",
    "create statistics s on name, age from users",
    "-- outside\ncreate index concurrently i on users ((age + 1))",
  ],
  silent: [
    "create index i on users (name)",
    "create index i on users (lower(name)); analyze users",
    "create table t (a text); create index i on t (lower(a))",
    "create statistics s on name, age from users; analyze",
  ],
};
