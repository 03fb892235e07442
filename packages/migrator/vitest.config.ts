import { installedVersion } from "@thedata/dev-postgres";
import { mergeConfig } from "vitest/config";
import { shared } from "../../vitest.shared.ts";

const engine = { extends: true, test: { name: "engine", globalSetup: ["@thedata/dev-postgres/vitest"] } };

// Where nobody says which server it is to be, what reads catalogs runs on Debian's too, which is not PostgreSQL's own
// to the letter: 15.20 keeps options of its own on each column.
const installed = {
  extends: true,
  test: {
    name: "installed",
    globalSetup: ["@thedata/dev-postgres/vitest-installed"],
    include: ["baseline", "create", "create-changes", "create-narrowing", "diff", "shadow", "verify"].map(
      (name) => `test/${name}.test.ts`,
    ),
  },
};
const both = installedVersion() !== undefined && !process.env["DEV_POSTGRES"];

export default mergeConfig(shared, {
  test: {
    projects: both ? [engine, installed] : [engine],
    // Most of the time is spent waiting for the server.
    maxWorkers: 2,
  },
});
