import { defineConfig } from "vitest/config";

const conditions = ["@thedata/source", "node"];

export default defineConfig({
  ssr: { resolve: { conditions } },
  // Vitest runs global setups in an environment of its own: they too read workspace packages from their source.
  environments: { __vitest__: { resolve: { conditions } } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    globalSetup: ["@thedata/dev-postgres/vitest", "./test/template.ts"],
  },
});
