import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "rolldown";

// What is large and seldom needed is loaded from node_modules, when it is needed.
const external = [/^@mikro-orm\//, "libpg-query", "@opentelemetry/api", /^elkjs/, "pg-native", "pg-cloudflare"];

const source = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Of the driver the client alone: the pool, the native binding and what they load stay out of a start. */
const clientOnly: Plugin = {
  name: "client-only",
  resolveId: (id, importer) => (id === "pg" && importer ? "\0pg" : null),
  load: (id) =>
    id === "\0pg"
      ? `export { Client, escapeIdentifier, escapeLiteral } from ${JSON.stringify(source("build/pg.cjs"))};`
      : null,
};

/** Node's own hashes for the login in place of Web Crypto, which takes longer to load than a login lasts. */
const nodeCrypto: Plugin = {
  name: "node-crypto",
  resolveId: (id, importer = "") =>
    (id === "./crypto/utils" && importer.endsWith("/pg/lib/client.js")) ||
    (id === "./utils" && importer.endsWith("/pg/lib/crypto/sasl.js"))
      ? source("build/login-hashes.cjs")
      : null,
};

/** Commander loads child_process for subcommands that are programs of their own; there are none here. */
const noChildProcess: Plugin = {
  name: "no-child-process",
  resolveId: (id, importer = "") =>
    id === "node:child_process" && importer.includes("commander") ? "\0child-process" : null,
  load: (id) =>
    id === "\0child-process"
      ? `export default { spawn: (...all) => process.getBuiltinModule("child_process").spawn(...all) };`
      : null,
};

/**
 * What every start loads, `up` with nothing to do among them, lies in one file: each further one costs Node as much as
 * all that stands in it.
 */
const everyStart = {
  name: "start",
  test: (id: string) =>
    /\/packages\/migrator\/src\/(check|connect|context|discover|errors|hash|history|ledger|lock|manifest|migrate|plan|report|resolve-target|span|stamps|terminate|under-lock)\.ts$/.test(
      id,
    ) ||
    /\/packages\/migrator-cli\/src\/(main|quick|output|exit-codes|describe-error|describe-run|settings|cache-folder|configuration|database-address|version|interrupt)\.ts$|src\/commands\/migrate\.ts$/.test(id) ||
    /rolldown\/runtime|^\0pg$|\/migrator-cli\/build\/|\/node_modules\/(pg|pg-[\w-]+|postgres-[\w-]+|pgpass|split2|xtend|fastest-levenshtein)\//.test(id),
};

// CommonJS for the command: Node loads it at once, and takes from its own modules only what is asked for.
export default defineConfig([
  {
    input: {
      cli: source("src/main.ts"),
      // Loaded beside the command: by migrations, and in a thread.
      "migration-base": source("../migrator/src/migration-base.ts"),
      "collect-worker": source("../migrator/src/verify/collect-worker.ts"),
    },
    platform: "node",
    external,
    resolve: { conditionNames: ["@thedata/source", "node"] },
    // The engine's modules do nothing by being loaded, so that a command gets those that it uses.
    treeshake: { moduleSideEffects: [{ test: /packages\/migrator(-cli)?\/src\//, sideEffects: false }] },
    onLog(level, log, next) {
      if (log.code === "UNRESOLVED_IMPORT") throw new Error(log.message);
      next(level, log);
    },
    plugins: [clientOnly, nodeCrypto, noChildProcess],
    output: {
      dir: source("dist"),
      format: "cjs",
      entryFileNames: "[name].cjs",
      chunkFileNames: "[name].cjs",
      codeSplitting: { includeDependenciesRecursively: false, groups: [everyStart] },
      minify: { compress: false, mangle: false, codegen: true },
    },
  },
  {
    input: { main: source("src/start.ts"), index: source("src/index.ts") },
    platform: "node",
    resolve: { conditionNames: ["@thedata/source", "node"] },
    output: { dir: source("dist"), format: "esm" },
  },
]);
