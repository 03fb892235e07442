import { isLive, on, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "domain-constraint",
  severity: "warning",
  summary: "A new constraint of a domain is checked on every table that uses it, while nobody writes to them.",
  find: on("alter domain", ({ type, change, validated }, { effects, schema }) => {
    if (change === "other" || change === "validate" || (change === "add constraint" && !validated)) return undefined;
    const live = effects.filter(({ relation }) => isLive(schema.relations.get(relation)));
    if (schema.isComplete && live.length === 0) return undefined;
    return {
      message: `every value of ${type.join(".")} is checked${live.length > 0 ? ` in ${live.map(({ relation }) => relation).join(", ")}` : ""} ${under("SHARE")}`,
      hint: "ADD CONSTRAINT … NOT VALID and VALIDATE CONSTRAINT in a later transaction, or constrain the columns",
      table: live[0]?.relation,
      lock: "SHARE",
      work: "scan",
      unknown: !schema.isComplete,
    };
  }),
  fires: [
    "alter domain positive add check (value < 100)",
    "alter domain positive set not null",
    "-- unknown\nalter domain d add check (value > 1)",
  ],
  silent: [
    "alter domain positive add check (value < 100) not valid",
    "alter domain label add check (value <> '')",
    "create domain d as int check (value > 1)",
    "alter domain positive validate constraint c",
  ],
};
