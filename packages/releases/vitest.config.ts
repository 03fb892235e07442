import { mergeConfig } from "vitest/config";
import { shared } from "../../vitest.shared.ts";

const newest = { extends: true, test: { name: "newest", globalSetup: ["@thedata/dev-postgres/vitest"] } };

// Where nobody says which server it is to be, the judge is held against the oldest one, too.
const oldest = {
  extends: true,
  test: { name: "oldest", globalSetup: ["@thedata/dev-postgres/vitest-oldest"], include: ["test/judge.test.ts"] },
};

export default mergeConfig(shared, {
  test: { projects: process.env["DEV_POSTGRES"] ? [newest] : [newest, oldest] },
});
