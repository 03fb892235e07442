import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigurationError, type OrmOptions } from "@thedata/migrator/internal";
import type { MigratorConfig } from "./define-config.ts";
import { validateConfig } from "./validate-config.ts";

/** A configuration and the folder that its paths are relative to. */
export interface LoadedConfig extends MigratorConfig {
  readonly folder: string;
}

/** The names of a configuration file; the first one that exists counts. */
export const configFileNames = ["ts", "mts", "js", "mjs", "cjs"].map((ending) => `migrator.config.${ending}`);

/**
 * Loads `file`, or the nearest configuration file upwards from the working directory; without one the configuration is
 * empty. Throws a `ConfigurationError`.
 */
export async function loadConfiguration(file: string | undefined): Promise<LoadedConfig> {
  const found = file ? path.resolve(file) : findConfiguration(process.cwd());
  if (!found) return { folder: process.cwd() };
  if (!existsSync(found))
    throw new ConfigurationError(`The configuration file ${found} does not exist: check --config`);
  return { ...(await importDefault(found)), folder: path.dirname(found) };
}

/** The nearest configuration file upwards from a folder. */
export function findConfiguration(folder: string): string | undefined {
  const found = configFileNames.map((name) => path.join(folder, name)).find((file) => existsSync(file));
  const parent = path.dirname(folder);
  return found ?? (parent === folder ? undefined : findConfiguration(parent));
}

async function importDefault(file: string): Promise<MigratorConfig> {
  const module = (await import(pathToFileURL(file).href).catch((cause: Error) => {
    throw new ConfigurationError(
      `The configuration file ${file} cannot be loaded: ${describeLoadFailure(cause, undefined)}`,
      { cause },
    );
  })) as { default?: unknown };
  const config = await module.default;
  if (typeof config !== "object" || config === null)
    throw new ConfigurationError(
      `The configuration file ${file} has no default export: write "export default defineConfig({ … })"`,
    );
  return validateConfig(config, file);
}

/**
 * The models' MikroORM options, or undefined where no models are configured; loads them through the project's own
 * TypeScript loader. Throws a `ConfigurationError` that names the file and the line that cannot be loaded.
 */
export async function loadModels(config: LoadedConfig): Promise<OrmOptions | undefined> {
  const { models, folder } = config;
  if (models === undefined) return undefined;
  const { loadProjectFile, ProjectFileError, registerProjectLoader } = await import("./typescript-loader.ts");
  const { readOrmOptions } = await import("./mikro-orm-config.ts");
  const [home, load] =
    typeof models === "string"
      ? [path.dirname(path.resolve(folder, models)), async () => await loadProjectFile(path.resolve(folder, models))]
      : [folder, async (): Promise<unknown> => await models()];
  const loader = await registerProjectLoader(home);
  const exported = await load().catch((error: Error) => {
    const cause = (error instanceof ProjectFileError ? error.cause : error) as Error;
    const message = `The models of ${folder} cannot be loaded: ${describeLoadFailure(cause, loader)}`;
    throw new ConfigurationError(message, { cause });
  });
  return await readOrmOptions(exported);
}

/** Says why a file cannot be loaded, at which place, and what to install. */
export function describeLoadFailure(cause: Error & { readonly code?: string }, loader: string | undefined): string {
  const [line = "", next = ""] = cause.message.split("\n");
  const first = line.endsWith(":") && next !== "" ? `${line} ${next.trim()}` : line;
  // Node writes the place of a syntax error above the stack trace.
  const place = /(?:file:\/\/)?(\/[^\s()]+?\.[cm]?[jt]sx?:\d+(?::\d+)?)/.exec(cause.stack ?? "")?.[1];
  const where = place === undefined || first.includes(place) ? "" : ` (${place})`;
  if (first.startsWith("Cannot find package 'migrator-cli'"))
    return `${first}${where}. Install it in the project: npm install --save-dev migrator-cli`;
  return `${first}${where}${loader === undefined && needsLoader(cause) ? `. ${wayToLoader}` : ""}`;
}

const wayToLoader =
  "If the project uses decorators, enums or imports without endings, install what runs them: npm install --save-dev @swc-node/register @swc/core (or tsx)";

/**
 * True for an enum or namespace, a decorator (a plain SyntaxError of Node's), or an import without its file's ending.
 */
function needsLoader({ name, code = "", message }: Error & { readonly code?: string }): boolean {
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX" || code === "ERR_UNSUPPORTED_DIR_IMPORT") return true;
  if (name === "SyntaxError" && code === "") return message.startsWith("Invalid or unexpected token");
  return (
    code === "ERR_MODULE_NOT_FOUND" && /^Cannot find module '.*[/\\](?:[^/\\.']+|[^/\\']+\.js)' imported/.test(message)
  );
}
