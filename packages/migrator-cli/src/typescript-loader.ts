import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { ConfigurationError } from "@thedata/migrator/internal";
import { pathToFileURL } from "node:url";

/** A loader's modules: what registers it for ES modules, and for CommonJS. */
interface Loader {
  readonly esm: string;
  readonly cjs: string;
}

/** What runs TypeScript that Node does not: decorators, enums, imports without endings. In the order of MikroORM's CLI. */
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

/** What the nearest package.json above a folder says. */
interface Project {
  /** The folder of that file. */
  readonly root: string;
  /** Whether its files are ES modules, and not CommonJS. */
  readonly isEsm: boolean;
  /** What stands there under "mikro-orm". */
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

/** Where a project's file cannot be loaded: why, and by which loader it was tried. */
export class ProjectFileError extends Error {
  readonly loader: string | undefined;

  constructor(loader: string | undefined, options: { readonly cause: Error }) {
    super(options.cause.message, options);
    this.loader = loader;
  }
}

/**
 * Loads a file of the project as MikroORM's CLI does: by the TypeScript loader that the project has installed, else by
 * Node, and as the kind of module that the project's files are. Throws a `ProjectFileError`.
 */
export async function loadProjectFile(file: string): Promise<unknown> {
  const { root, isEsm } = readProject(path.dirname(file));
  const loader = await registerProjectLoader(path.dirname(file));
  try {
    // What is compiled to CommonJS is known as such to `require` alone.
    if (!isEsm && loader !== undefined) return createRequire(path.join(root, "package.json"))(file) as unknown;
    return await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new ProjectFileError(loader, { cause: cause as Error });
  }
}

let registered: string | undefined;

/** Registers the loader that the project of a folder has installed, once a process. Gives its name, or undefined. */
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
    // jiti stands in most projects because some other tool brings it.
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
  // The others register themselves by being loaded.
  if (name === "tsx") loader.register?.(existsSync(tsconfig) ? { tsconfig } : {});
}

/** The file of a package's entry for `import`, from where the project finds the package. */
function resolve(require: NodeJS.Require, name: string): string | undefined {
  const [, owner = "", entry = ""] = /^((?:@[^/]+\/)?[^/]+)(\/.+)?$/.exec(name) ?? [];
  // What stands in NODE_PATH, where pnpm puts what others depend on, is none of the project's.
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
