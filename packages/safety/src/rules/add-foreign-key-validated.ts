import { isLive, type Rule, under } from "../rule.ts";
import { onConstraint } from "./shared/constraints.ts";

export const rule: Rule = {
  name: "add-foreign-key-validated",
  severity: "error",
  summary: "ADD FOREIGN KEY looks at every row while nobody writes to either table.",
  find: onConstraint(({ kind, validated, enforced, references }, { table, relation, at }, inline) => {
    if (kind !== "foreign key" || !validated || !enforced || !isLive(relation)) return undefined;
    // A new column without a default is null everywhere and refers to nothing; PostgreSQL scans for DEFAULT NULL.
    const { action } = at;
    if (
      inline &&
      action.do === "alter table" &&
      action.change.do === "add column" &&
      action.change.column.default === undefined
    )
      return undefined;
    return {
      message: `every row of ${table} is looked up in ${at.schema.resolve(references?.table ?? [])} ${under("SHARE ROW EXCLUSIVE")} on both`,
      hint: "ADD CONSTRAINT … NOT VALID, and VALIDATE CONSTRAINT in a later transaction",
      table,
      lock: "SHARE ROW EXCLUSIVE",
      work: "scan",
    };
  }),
  fires: [
    "alter table orders add column org_id bigint default null references orgs (id)",
    "alter table orders add foreign key (ref_id) references orgs (id)",
    "alter table orders add constraint f foreign key (number) references orders (id)",
    "alter table orders add column org_id bigint default 1 references orgs (id)",
    "-- unknown\nalter table t add foreign key (a) references u (id)",
    "create table t (a int); insert into t values (1); alter table t add foreign key (a) references orders (id)",
  ],
  silent: [
    "alter table orders add foreign key (ref_id) references orgs (id) not valid",
    "alter table orders add column org_id bigint references orgs (id)",
    "create table t (a bigint references orgs (id))",
    "create table t (a bigint); alter table t add foreign key (a) references orgs (id)",
    "alter table orders add foreign key (ref_id) references orgs (id) not enforced",
  ],
};
