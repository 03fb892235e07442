import { mergeConfig } from "vitest/config";
import { shared } from "../../vitest.shared.ts";

export default mergeConfig(shared, {
  test: {
    globalSetup: ["@thedata/dev-postgres/vitest", "./test/template.ts"],
    // Most of the time is spent waiting for other processes.
    maxWorkers: 3,
    // Long, so that only hanging tests fail by it: on a loaded machine everything is late.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
