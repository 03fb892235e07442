import { blockedBy } from "../finding.ts";
import { type Rule } from "../rule.ts";
import { blocks } from "../run.ts";

export const rule: Rule = {
  name: "statement-timeout-missing",
  severity: "note",
  summary: "Without a statement_timeout a scan or rewrite under a lock may take any time.",
  find: ({ effects, run, schema }) => {
    const works = effects.find((one) => blocks(one, schema) && one.work !== "none");
    if (!works || run.settings.statementTimeoutMs !== undefined) return [];
    return [
      {
        message: `nothing ends this while it keeps ${blockedBy(works.lock)} of ${works.relation} waiting`,
        hint: "SET LOCAL statement_timeout",
        table: works.relation,
      },
    ];
  },
  fires: [
    "-- no timeouts\nalter table users alter column age type bigint",
    "-- no timeouts\ncreate index i on users (name)",
    "-- no timeouts\nalter table users add check (age < 9)",
  ],
  silent: [
    "alter table users alter column age type bigint",
    "-- no timeouts\nset statement_timeout = '60s'; alter table users alter column age type bigint",
    "-- no timeouts\nalter table users add column x int",
  ],
};
