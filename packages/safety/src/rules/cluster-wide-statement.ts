import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "cluster-wide-statement",
  severity: "error",
  summary: "ALTER SYSTEM, ROLE … SET and DATABASE … SET reach beyond this schema.",
  find: on("cluster-wide", ({ what }) => ({
    message: `${what} changes more than this database's schema`,
    hint: "the place where the server is configured",
  })),
  fires: [
    "-- outside\nalter system set work_mem = '1GB'",
    "alter role app set search_path = app",
    "alter database shop set timezone = 'UTC'",
  ],
  silent: ["set local work_mem = '1GB'", "alter table users owner to app", "create schema x"],
};
