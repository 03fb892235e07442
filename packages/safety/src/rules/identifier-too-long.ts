import { type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "identifier-too-long",
  severity: "note",
  optional: true,
  summary: "PostgreSQL cuts names behind 63 bytes.",
  find: ({ statement }) => {
    const names = statement.sql.match(/"[^"]+"|'[^']*'|[a-z_][\w$]*/gi) ?? [];
    const long = names.filter((name) => !name.startsWith("'") && Buffer.byteLength(name.replaceAll('"', "")) > 63);
    return long.map((name) => ({ message: `${name} is cut to 63 bytes`, hint: "a shorter name" }));
  },
  fires: [
    `create table ${"t".repeat(64)} (a int)`,
    `alter table users add column ${"c".repeat(70)} int`,
    `create index ${"i".repeat(80)} on users (name)`,
  ],
  silent: [`create table ${"t".repeat(63)} (a int)`, "create table t (a int)", "create index i on users (name)"],
};
