import type { Rule } from "../rule.ts";

export const rule: Rule = {
  name: "serial-sequence-stays-int4",
  severity: "warning",
  summary: "A serial column that becomes bigint keeps its integer sequence, which ends at 2,147,483,647.",
  finish: ({ actions, schema }) =>
    actions.flatMap(({ action, statement }) => {
      if (action.do !== "alter table" || action.change.do !== "set type" || action.change.type.name !== "int8")
        return [];
      const { column } = action.change;
      const relation = schema.relation(action.table);
      const own = relation?.columns.get(column);
      const widened = actions.some(
        ({ action: other }) =>
          other.do === "alter sequence" && other.type === "int8" && other.sequence.at(-1)?.includes(column),
      );
      if (!own?.isSerial || widened) return [];
      return [
        {
          statement,
          message: `the sequence behind ${relation?.name}.${column} stays an integer's`,
          hint: "ALTER SEQUENCE … AS bigint",
          table: relation?.name,
        },
      ];
    }),
  fires: [
    "alter table orders alter column number type bigint",
    "alter table orders alter number set data type int8",
    "create table t (n serial); insert into t default values; alter table t alter n type bigint",
  ],
  silent: [
    "alter table orders alter column id type bigint",
    "alter table orders alter number type bigint; alter sequence orders_number_seq as bigint",
    "alter table users alter age type bigint",
  ],
};
