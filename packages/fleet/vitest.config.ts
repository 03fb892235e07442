import { mergeConfig } from "vitest/config";
import { shared } from "../../vitest.shared.ts";

export default mergeConfig(shared, { test: { globalSetup: ["@thedata/dev-postgres/vitest"], maxWorkers: 2 } });
