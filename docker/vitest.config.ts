import { mergeConfig } from "vitest/config";
import { shared } from "../vitest.shared.ts";

// Building the images on a machine that has no layer of them yet takes minutes.
export default mergeConfig(shared, { test: { testTimeout: 600_000, hookTimeout: 600_000, bail: 1 } });
