import type { Rule } from "../rule.ts";

export const rule: Rule = {
  name: "lock-count",
  severity: "warning",
  summary: "One transaction locks many tables and partitions: more than max_locks_per_transaction may be needed.",
  finish: ({ actions, run }) => {
    const last = actions.at(-1);
    const relations = new Set(run.done.flatMap(({ effects }) => effects.map(({ relation }) => relation)));
    return run.transactional && last && relations.size > 60
      ? [
          {
            statement: last.statement,
            message: `one transaction locks ${relations.size} relations; max_locks_per_transaction is 64 unless raised`,
            hint: "several migrations",
          },
        ]
      : [];
  },
  fires: [70, 90, 200].map((count) =>
    Array.from({ length: count }, (_, index) => `alter table t${index} add column a int`).join("; "),
  ),
  silent: [
    "alter table users add column a int",
    Array.from({ length: 30 }, (_, index) => `alter table t${index} add column a int`).join("; "),
    `-- outside\n${Array.from({ length: 70 }, (_, index) => `alter table t${index} add column a int`).join("; ")}`,
  ],
};
