import { defineConfig } from "vitest/config";

const condition = "@thedata/source";

/** What every package's tests share: workspace packages are read from their source, and a server is at hand. */
export const shared = defineConfig({
  // Vitest runs global setups in an environment of its own.
  environments: { __vitest__: { resolve: { conditions: [condition, "node"] } } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two Vite servers of ours never say that they have ended; what there is to close is closed by then.
    teardownTimeout: 1000,
    passWithNoTests: false,
    // Node itself runs the tests, as it runs the programs: type stripping, hooks and resolution are the real ones.
    experimental: { viteModuleRunner: false },
    execArgv: [`--conditions=${condition}`],
  },
});
