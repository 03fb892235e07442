import { onChange, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "not-valid-foreign-key-on-partitioned",
  severity: "error",
  summary: "PostgreSQL 17 and older refuse NOT VALID for a foreign key of a partitioned table.",
  find: onChange("add constraint", ({ constraint: { kind, validated } }, { relation, table, at }) => {
    if (kind !== "foreign key" || validated || relation?.kind !== "partitioned table" || at.run.settings.server >= 18)
      return undefined;
    return {
      message: `PostgreSQL ${at.run.settings.server} refuses a foreign key NOT VALID on the partitioned ${table}`,
      hint: "add it NOT VALID to each partition, validate those, then add it to the parent",
    };
  }),
  fires: [
    "-- server 17\nalter table events add foreign key (id) references orgs (id) not valid",
    "-- server 15\nalter table events add constraint f foreign key (id) references users (id) not valid",
    "-- server 16\nalter table public.events add foreign key (id) references users (id) not valid",
  ],
  silent: [
    "alter table events add foreign key (id) references orgs (id) not valid",
    "-- server 17\nalter table orders add foreign key (ref_id) references orgs (id) not valid",
    "-- server 17\nalter table events add foreign key (id) references orgs (id)",
  ],
};
