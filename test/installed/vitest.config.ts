import { mergeConfig } from "vitest/config";
import { shared } from "../../vitest.shared.ts";

export default mergeConfig(shared, {
  test: { globalSetup: ["@thedata/dev-postgres/vitest"], testTimeout: 240_000, hookTimeout: 600_000 },
});
