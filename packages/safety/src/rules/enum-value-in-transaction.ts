import type { Rule } from "../rule.ts";

export const rule: Rule = {
  name: "enum-value-in-transaction",
  severity: "error",
  summary: "A new value of an enum cannot be used in the transaction that added it.",
  find: (at) => {
    const { run, action, statement, schema } = at;
    // A type of this transaction may be used as it is.
    const isNewType = (type: readonly string[]) => schema.enums.get(schema.resolve(type, schema.enums)) === true;
    if (action.do === "add enum value") return [];
    const added = run.inTransaction.flatMap((done) =>
      done.action.do === "add enum value" && !isNewType(done.action.type) ? [done.action.value] : [],
    );
    const used = added.find((value) => statement.sql.includes(`'${value.replaceAll("'", "''")}'`));
    return used === undefined
      ? []
      : [
          {
            message: `'${used}' was added in this transaction, and using it fails with 55P04`,
            hint: "ADD VALUE in a migration of its own before this one",
          },
        ];
  },
  fires: [
    "alter type mood add value 'calm'; update orders set mood = 'calm' where id = 1",
    "alter type mood add value 'calm'; alter table orders alter mood set default 'calm'",
    "alter type mood add value 'calm'; insert into orders (mood) values ('calm')",
  ],
  silent: [
    "alter type mood add value 'calm'",
    "-- outside\nalter type mood add value 'calm'; update orders set mood = 'calm' where id = 1",
    "alter type mood add value 'calm'; update orders set mood = 'sad' where id = 1",
    "create type t as enum ('a'); create table u (a t default 'a')",
  ],
};
