import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { ConfigurationError } from "@thedata/migrator/internal";
import { pathToFileURL } from "node:url";

/** A loader's modules that register it, for ES modules and for CommonJS. */
interface Loader {
  readonly esm: string;
  readonly cjs: string;
}

/**
 * Loaders for TypeScript that Node cannot run: decorators, enums, imports without endings. Ordered as in MikroORM's
 * CLI.
 */
const loaders: Readonly<Record<string, Loader>> = {
  oxc: { esm: "@oxc-node/core/register", cjs: "@oxc-node/core/register" },
  swc: { esm: "@swc-node/register/esm-register", cjs: "@swc-node/register" },
  tsx: { esm: "tsx/esm/api", cjs: "tsx/cjs/api" },
  jiti: { esm: "jiti/register", cjs: "jiti/register" },
};

interface ProjectSettings {
  readonly tsLoader?: string;
  readonly tsConfigPath?: string;
  readonly configPaths?: readonly string[];
}

/** What the nearest package.json at or above a folder says. */
interface Project {
  /** The folder of package.json. */
  readonly root: string;
  /** True: its files are ES modules; false: CommonJS. */
  readonly isEsm: boolean;
  /** The "mikro-orm" section of package.json. */
  readonly settings: ProjectSettings;
}

/** Reads the project that a folder belongs to. Throws a `ConfigurationError` where its package.json cannot be read. */
export function readProject(folder: string): Project {
  const file = path.join(folder, "package.json");
  if (existsSync(file)) {
    const content = parsePackage(file);
    return { root: folder, isEsm: content.type === "module", settings: content["mikro-orm"] ?? {} };
  }
  const parent = path.dirname(folder);
  return parent === folder ? { root: folder, isEsm: true, settings: {} } : readProject(parent);
}

function parsePackage(file: string): { readonly type?: string; readonly "mikro-orm"?: ProjectSettings } {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as object;
  } catch (cause) {
    throw new ConfigurationError(`${file} cannot be read: ${(cause as Error).message.split("\n")[0]}`, { cause });
  }
}

/** A file of the project that cannot be loaded: the cause, and the loader that was used. */
export class ProjectFileError extends Error {
  readonly loader: string | undefined;

  constructor(loader: string | undefined, options: { readonly cause: Error }) {
    super(options.cause.message, options);
    this.loader = loader;
  }
}

/**
 * Loads a file of the project as MikroORM's CLI does: by the project's TypeScript loader, else by Node, and as ES
 * module or CommonJS as the project's package.json says. Throws a `ProjectFileError`.
 */
export async function loadProjectFile(file: string): Promise<unknown> {
  const { root, isEsm } = readProject(path.dirname(file));
  const loader = await registerProjectLoader(path.dirname(file));
  try {
    // Only `require` treats a file that is compiled to CommonJS as CommonJS.
    if (!isEsm && loader !== undefined) return createRequire(path.join(root, "package.json"))(file) as unknown;
    return await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new ProjectFileError(loader, { cause: cause as Error });
  }
}

let registered: string | undefined;

/** Registers the loader that a folder's project has installed, once per process. Gives its name, if there is one. */
export async function registerProjectLoader(folder: string): Promise<string | undefined> {
  if (registered !== undefined) return registered;
  const { root, isEsm, settings } = readProject(folder);
  const wanted = process.env["MIKRO_ORM_CLI_TS_LOADER"] || settings.tsLoader || "auto";
  const tsconfig = path.resolve(
    root,
    process.env["MIKRO_ORM_CLI_TS_CONFIG_PATH"] || settings.tsConfigPath || "tsconfig.json",
  );
  process.env["SWC_NODE_PROJECT"] ??= tsconfig;
  const require = createRequire(path.join(root, "package.json"));
  for (const [name, { esm, cjs }] of Object.entries(loaders)) {
    // Most projects have jiti only as a dependency of another tool.
    const isWanted = wanted === name || (wanted === "auto" && name !== "jiti");
    const file = isWanted ? resolve(require, isEsm ? esm : cjs) : undefined;
    if (file === undefined) continue;
    await register(file, name, tsconfig);
    registered = name;
    return name;
  }
  return undefined;
}

async function register(file: string, name: string, tsconfig: string): Promise<void> {
  const loader = (await import(pathToFileURL(file).href)) as { register?: (options: object) => unknown };
  // The other loaders register themselves on import.
  if (name === "tsx") loader.register?.(existsSync(tsconfig) ? { tsconfig } : {});
}

/** The file that a package exports for `import`, as the project resolves it. */
function resolve(require: NodeJS.Require, name: string): string | undefined {
  const [, owner = "", entry = ""] = /^((?:@[^/]+\/)?[^/]+)(\/.+)?$/.exec(name) ?? [];
  // pnpm puts dependencies of other packages into NODE_PATH; they are not the project's.
  const elsewhere = new Set((process.env["NODE_PATH"] ?? "").split(path.delimiter));
  const folder = (require.resolve.paths(name) ?? [])
    .filter((modules) => !elsewhere.has(modules))
    .map((modules) => path.join(modules, owner))
    .find((one) => existsSync(path.join(one, "package.json")));
  if (folder === undefined) return undefined;
  const { exports } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as { exports?: Exports };
  const file = pick(exports?.[`.${entry}`]);
  return file === undefined ? undefined : path.join(folder, file);
}

type Target = string | { readonly import?: Target; readonly node?: Target; readonly default?: Target } | undefined;
type Exports = Readonly<Record<string, Target>>;

function pick(target: Target): string | undefined {
  return typeof target === "object" ? pick(target.import ?? target.node ?? target.default) : target;
}
