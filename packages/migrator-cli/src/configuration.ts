import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigurationError, type OrmOptions } from "@thedata/migrator/internal";
import type { MigratorConfig } from "./define-config.ts";
import { validateConfig } from "./validate-config.ts";

/** A configuration and the folder that its paths start from. */
export interface LoadedConfig extends MigratorConfig {
  readonly folder: string;
}

const fileNames = ["ts", "mts", "js", "mjs", "cjs"].map((ending) => `migrator.config.${ending}`);

/** Loads `file`, or the nearest configuration file upwards from the working directory; none is an empty one. */
export async function loadConfiguration(file: string | undefined): Promise<LoadedConfig> {
  const found = file ? path.resolve(file) : findUpwards(process.cwd());
  if (!found) return { folder: process.cwd() };
  if (!existsSync(found))
    throw new ConfigurationError(`The configuration file ${found} does not exist: check --config`);
  return { ...(await importDefault(found)), folder: path.dirname(found) };
}

function findUpwards(folder: string): string | undefined {
  const found = fileNames.map((name) => path.join(folder, name)).find((file) => existsSync(file));
  const parent = path.dirname(folder);
  return found ?? (parent === folder ? undefined : findUpwards(parent));
}

async function importDefault(file: string): Promise<MigratorConfig> {
  const module = (await import(pathToFileURL(file).href).catch((cause: Error) => {
    throw new ConfigurationError(`The configuration file ${file} cannot be loaded: ${cause.message.split("\n")[0]}`, {
      cause,
    });
  })) as { default?: unknown };
  const config = await module.default;
  if (typeof config !== "object" || config === null)
    throw new ConfigurationError(
      `The configuration file ${file} has no default export: write "export default defineConfig({ … })"`,
    );
  return validateConfig(config, file);
}

/** The models' MikroORM options, or undefined where none are configured. */
export async function loadModels(config: LoadedConfig): Promise<OrmOptions | undefined> {
  if (!config.models) return undefined;
  const models = await loadBy(config.models).catch((cause: Error) => {
    throw new ConfigurationError(`The models of ${config.folder} cannot be loaded: ${cause.message.split("\n")[0]}`, {
      cause,
    });
  });
  if (typeof models === "object" && models !== null) return models as OrmOptions;
  throw new ConfigurationError(`"models" in the configuration gives no MikroORM options`);
}

/** A function of JavaScript may also give them at once, or throw. */
async function loadBy(load: () => unknown): Promise<unknown> {
  return await load();
}
