import { isLive, onChange, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "change-collation",
  severity: "warning",
  summary: "Another collation sorts in another way: indexes are built anew while nobody reads or writes.",
  find: onChange("set type", ({ column, collation }, { table, relation, at }) => {
    if (!collation || !isLive(relation)) return undefined;
    const indexed = !relation || at.schema.indexesOf(table).some(({ columns }) => columns.includes(column));
    return {
      message: `${table}.${column} gets another collation: ${indexed ? "its indexes are built anew, and " : ""}queries sort and compare in another way`,
      hint: "a new column, or an index with the collation",
      table,
      lock: "ACCESS EXCLUSIVE",
      work: indexed ? "build" : undefined,
    };
  }),
  fires: [
    `alter table users alter column name type varchar(100) collate "C"`,
    `alter table users alter column note type text collate "de-x-icu"`,
    `-- unknown\nalter table t alter a type text collate "C"`,
  ],
  silent: [
    "alter table users alter column name type text",
    `create table t (a text collate "C")`,
    `create table t (a text); alter table t alter a type text collate "C"`,
    `alter table users add column nick text collate "C"`,
  ],
};
