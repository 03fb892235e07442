import { onChange, type Rule } from "../rule.ts";
import { schemaName } from "../schema/schema.ts";

export const rule: Rule = {
  name: "using-index-unfit",
  severity: "error",
  summary: "USING INDEX takes a valid, plain, whole and unique B-tree index.",
  find: onChange("add constraint", ({ constraint: { index } }, { table, at }) => {
    const used = index === undefined ? undefined : at.schema.indexes.get(`${schemaName(table)}.${index}`);
    if (!used) return undefined;
    const reasons = [
      ...(used.unique ? [] : ["it is not unique"]),
      ...(used.partial ? ["it is partial"] : []),
      ...(used.columns.includes(undefined) ? ["it is over an expression"] : []),
      ...(used.valid ? [] : ["it is invalid"]),
      ...(used.plainOrder ? [] : ["its order or operator class is not the usual one"]),
      ...(used.ofConstraint ? ["it carries a constraint already"] : []),
    ];
    return (
      reasons.length > 0 && {
        message: `PostgreSQL refuses the index ${index}: ${reasons.join(", ")}`,
        hint: "build a plain unique index for it",
      }
    );
  }),
  fires: [
    "alter table orders add constraint u unique using index orders_ref_partial",
    "alter table orders add constraint u unique using index orders_user",
    "create unique index i on users (lower(name)); alter table users add constraint u unique using index i",
    "create unique index i on users (age desc); alter table users add constraint u unique using index i",
  ],
  silent: [
    "alter table orders add constraint u unique using index orders_code_idx",
    "create unique index i on users (age); alter table users add constraint u unique using index i",
    "alter table orders add unique (ref_id)",
  ],
};
