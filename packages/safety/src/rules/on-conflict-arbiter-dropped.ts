import { isOld, onChange, type Rule } from "../rule.ts";

const arbiter = (table: string, name: string) => ({
  message: `ON CONFLICT of a release that still runs may need ${name} of ${table}, and fails with 42P10 or 42704 without it`,
  hint: "the new arbiter first, the old one goes when no release uses it",
  table,
});

const dropsArbiter = onChange("drop constraint", ({ constraint }, { table, relation }) => {
  const found = relation?.constraints.get(constraint);
  return (
    found &&
    ["unique", "primary key", "exclude"].includes(found.kind) &&
    isOld(relation) &&
    found.addedIn === undefined &&
    arbiter(table, constraint)
  );
});

export const rule: Rule = {
  name: "on-conflict-arbiter-dropped",
  severity: "warning",
  summary: "INSERT … ON CONFLICT of a release that still runs needs the unique index or the constraint's name.",
  find: (at) => {
    const { action, schema } = at;
    if (action.do === "drop" && action.type === "OBJECT_INDEX") {
      const index = schema.indexes.get(schema.resolve(action.name, schema.indexes));
      return index?.unique && isOld(schema.relations.get(index.table)) && !index.isNew
        ? [arbiter(index.table, index.name)]
        : [];
    }
    if (action.do === "rename" && action.type === "OBJECT_TABCONSTRAINT") {
      const found = schema.relation(action.relation)?.constraints.get(action.from);
      return found &&
        ["unique", "primary key", "exclude"].includes(found.kind) &&
        isOld(schema.relation(action.relation))
        ? [arbiter(schema.resolve(action.relation), action.from)]
        : [];
    }
    return dropsArbiter(at);
  },
  fires: [
    "drop index orders_code_idx",
    "alter table users drop constraint users_email_key",
    "alter table users rename constraint users_email_key to email_once",
    "-- outside\ndrop index concurrently orders_code_idx",
  ],
  silent: [
    "drop index users_name_idx",
    "alter table users drop constraint age_positive",
    "alter table users rename constraint age_positive to p",
    "create table t (a int unique); alter table t drop constraint t_a_key",
  ],
};
