import { type Rule } from "../rule.ts";
import { blocks } from "../run.ts";

export const rule: Rule = {
  name: "standby-conflict",
  severity: "note",
  optional: true,
  summary: "A standby that replays an ACCESS EXCLUSIVE lock ends the queries in its way.",
  find: ({ effects, schema }) => {
    const strong = effects.find((one) => one.lock === "ACCESS EXCLUSIVE" && blocks(one, schema));
    return strong
      ? [
          {
            message: `standbys end queries on ${strong.relation} after max_standby_streaming_delay`,
            hint: "a moment without long reports there",
            table: strong.relation,
          },
        ]
      : [];
  },
  fires: ["alter table users add column x int", "drop table users", "truncate orders"],
  silent: [
    "create index i on users (name)",
    "create table t (a int)",
    "alter table users validate constraint name_there",
  ],
};
