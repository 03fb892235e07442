import { mergeConfig } from "vitest/config";
import { shared } from "../vitest.shared.ts";

// Building the images takes minutes on a machine without cached layers. One file at a time: one counts failed requests.
export default mergeConfig(shared, {
  test: { testTimeout: 600_000, hookTimeout: 600_000, bail: 1, fileParallelism: false },
});
