import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type InputOptions, type Plugin, rolldown } from "rolldown";

// Large packages that few commands need: loaded from node_modules when a command needs them.
const external = [
  /^@mikro-orm\//,
  "pg-boss",
  "libpg-query",
  "@opentelemetry/api",
  /^elkjs/,
  "pg-native",
  "pg-cloudflare",
];

const readVersion = () => (JSON.parse(readFileSync(source("package.json"), "utf8")) as { version: string }).version;
const source = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Replaces modules of the driver that slow the start: hashes cost 8 % of a no-op `up`, `dns` costs 3 %. */
const lighter: Plugin = {
  name: "lighter",
  resolveId(id, importer = "") {
    const asked = `${importer.replace(/^.*\/node_modules\//, "")} ${id}`;
    // Node's own hashes for the login: Web Crypto takes longer to load than a login takes.
    if (/^pg\/lib\/(client\.js .\/crypto\/utils|crypto\/sasl\.js .\/utils)$/.test(asked))
      return source("build/login-hashes.cjs");
    // Only the native binding uses `dns`.
    return asked === "pg/lib/connection-parameters.js dns" ? "\0dns" : null;
  },
  load: (id) =>
    id === "\0dns" ? `export const lookup = (...all) => process.getBuiltinModule("dns").lookup(...all);` : null,
};

/** The licences of the packages whose code is in the bundle: most of them ask that their text goes along. */
const notices: Plugin = {
  name: "notices",
  generateBundle(_, bundle) {
    const modules = Object.values(bundle).flatMap((one) => (one.type === "chunk" ? one.moduleIds : []));
    const folders = modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []);
    const fileName = "THIRD-PARTY-NOTICES.txt";
    this.emitFile({ type: "asset", fileName, source: [...new Set(folders)].toSorted().map(toNotice).join("\n") });
  },
};

function toNotice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const text = file ? readFileSync(path.join(folder, file), "utf8").trim() : `Licence: ${license}`;
  return `${name} ${version}\n\n${text}\n`;
}

/** Writes the version into the build: a start need not look for package.json. */
const knownVersion: Plugin = {
  name: "known-version",
  load: (id) => (id === source("src/version.ts") ? `export const version = ${JSON.stringify(readVersion())};` : null),
};

/** Loads child_process on demand: Commander needs it only for subcommands that are separate programs, which we lack. */
const noChildProcess: Plugin = {
  name: "no-child-process",
  resolveId: (id, importer = "") =>
    id === "node:child_process" && importer.includes("commander") ? "\0child-process" : null,
  load: (id) =>
    id === "\0child-process"
      ? `export default { spawn: (...all) => process.getBuiltinModule("child_process").spawn(...all) };`
      : null,
};

// What `up`, `status` and `history` always load: the entry, and the command modules that it imports dynamically.
const startRoots = ["main", "commands/migrate", "commands/status", "commands/history"].map((name) =>
  source(`src/${name}.ts`),
);

/** The ids of all modules that a start loads: the roots and their static imports, without dynamic imports. */
async function findStartModules(options: InputOptions): Promise<ReadonlySet<string>> {
  const bundle = await rolldown({ ...options, input: startRoots });
  const { output } = await bundle.generate({ format: "cjs" });
  await bundle.close();
  const chunks = new Map(output.filter((one) => one.type === "chunk").map((chunk) => [chunk.fileName, chunk]));
  const reached = new Set<string>();
  const visit = (name: string) => {
    if (reached.has(name) || !chunks.has(name)) return;
    reached.add(name);
    for (const imported of chunks.get(name)?.imports ?? []) visit(imported);
  };
  for (const chunk of chunks.values()) if (startRoots.includes(chunk.facadeModuleId ?? "")) visit(chunk.fileName);
  return new Set([...reached].flatMap((name) => chunks.get(name)?.moduleIds ?? []));
}

// The command is CommonJS: Node loads it synchronously, and loads only those of its own modules that are used.
const command: InputOptions = {
  platform: "node",
  external,
  resolve: { conditionNames: ["@thedata/source", "node"] },
  // Importing our modules has no side effects, so each command's bundle keeps only what it uses.
  treeshake: {
    moduleSideEffects: [
      { test: /packages\/(migrator|migrator-cli|catalog|erd|fleet|releases|safety)\/src\//, sideEffects: false },
    ],
  },
  onLog(level, log, next) {
    if (log.code === "UNRESOLVED_IMPORT") throw new Error(log.message);
    next(level, log);
  },
  plugins: [lighter, knownVersion, noChildProcess, notices],
};
const startModules = await findStartModules(command);

export default defineConfig([
  {
    ...command,
    input: {
      cli: source("src/main.ts"),
      // Separate entries: migrations import the first, a worker thread runs the second.
      "migration-base": source("../migrator/src/history/migration-base.ts"),
      "collect-worker": source("../migrator/src/verify/collect-worker.ts"),
    },
    output: {
      dir: source("dist"),
      format: "cjs",
      entryFileNames: "[name].cjs",
      chunkFileNames: "[name].cjs",
      codeSplitting: {
        includeDependenciesRecursively: false,
        // One file: each further file costs Node as much time as all the code in it.
        groups: [{ name: "start", test: (id) => startModules.has(id) }],
      },
      minify: { compress: false, mangle: false, codegen: true },
    },
  },
  {
    // CommonJS too: Node's loader of ES modules takes longer to start than this file to run.
    input: source("src/start.ts"),
    platform: "node",
    output: { file: source("dist/main.cjs"), format: "cjs" },
  },
  {
    input: source("src/index.ts"),
    platform: "node",
    resolve: { conditionNames: ["@thedata/source", "node"] },
    output: { file: source("dist/index.js"), format: "esm" },
  },
]);
