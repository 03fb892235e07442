import { defineConfig } from "vitest/config";

const conditions = ["@thedata/source", "node", "import", "default"];

/** What every package's tests share: workspace packages are read from their source, and a server is at hand. */
export const shared = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { testTimeout: 60_000, hookTimeout: 120_000, passWithNoTests: false },
});
