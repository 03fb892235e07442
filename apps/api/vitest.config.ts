import { mergeConfig } from "vitest/config";
import { shared } from "../../vitest.shared.ts";

export default mergeConfig(shared, {
  test: {
    globalSetup: ["@thedata/dev-postgres/vitest", "./test/template.ts"],
    // Most of the time goes by in waiting for other processes.
    maxWorkers: 3,
  },
});
