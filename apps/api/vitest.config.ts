import { mergeConfig } from "vitest/config";
import { shared } from "../../vitest.shared.ts";

export default mergeConfig(shared, {
  test: {
    globalSetup: ["@thedata/dev-postgres/vitest", "./test/template.ts"],
    // Most of the time goes by in waiting for other processes.
    maxWorkers: 3,
    // Only what hangs ends by it: what a test waits for comes late on a machine that has much else to do.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
