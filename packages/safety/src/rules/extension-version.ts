import { on, type Rule } from "../rule.ts";

export const rule: Rule = {
  name: "extension-version",
  severity: "note",
  summary: "Without a version, each server installs the one that it has.",
  find: on(
    "create extension",
    ({ name, version }) =>
      version === undefined && {
        message: `each server installs its own version of ${name}`,
        hint: "CREATE EXTENSION … VERSION '…'",
      },
  ),
  fires: ["create extension citext", "create extension if not exists pg_trgm", "create extension hstore schema public"],
  silent: [
    "create extension citext version '1.6'",
    "create extension if not exists pg_trgm with version '1.6'",
    "drop extension citext",
  ],
};
