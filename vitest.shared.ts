import { defineConfig } from "vitest/config";

const conditions = ["@thedata/source", "node"];

/** What every package's tests share: workspace packages are read from their source, and a server is at hand. */
export const shared = defineConfig({
  ssr: { resolve: { conditions } },
  // Vitest runs global setups in an environment of its own: they too read workspace packages from their source.
  environments: { __vitest__: { resolve: { conditions } } },
  test: { testTimeout: 60_000, hookTimeout: 120_000, passWithNoTests: false },
});
