import { existsSync } from "node:fs";
import path from "node:path";
import { ConfigurationError, type OrmOptions } from "@thedata/migrator/internal";
import { readProject } from "./typescript-loader.ts";

const candidates = [
  "src/mikro-orm.config.ts",
  "mikro-orm.config.ts",
  "src/mikro-orm.config.mts",
  "mikro-orm.config.mts",
  "dist/mikro-orm.config.js",
  "build/mikro-orm.config.js",
  "src/mikro-orm.config.js",
  "mikro-orm.config.js",
  "mikro-orm.config.mjs",
  "mikro-orm.config.cjs",
];

/** Finds MikroORM's configuration where its own CLI looks for it; undefined where there is none. */
export function findMikroOrmConfig(folder: string): string | undefined {
  const { root, settings } = readProject(folder);
  const named = [process.env["MIKRO_ORM_CLI_CONFIG"], ...(settings.configPaths ?? [])];
  const paths = named.filter((name) => name !== undefined && name !== "").concat(candidates);
  return paths.map((name) => path.resolve(root, name as string)).find((file) => existsSync(file));
}

/**
 * Takes MikroORM's options from a configuration's exports: a module, a function, a promise, or a list with one entry
 * per context, of which "default" counts. Throws a `ConfigurationError` where it is none of these.
 */
export async function readOrmOptions(exported: unknown): Promise<OrmOptions> {
  let value = await exported;
  // An ES module has one `default`; CommonJS compiled from ES syntax has a second one inside it.
  for (let depth = 0; depth < 2 && isObject(value) && "default" in value; depth++) value = await value["default"];
  if (typeof value === "function") value = await (value as (context: string) => unknown)("default");
  if (Array.isArray(value))
    value = value.find((one: unknown) => isObject(one) && (one["contextName"] ?? "default") === "default") ?? value[0];
  if (isObject(value)) return value;
  throw new ConfigurationError(`"models" in the configuration gives no MikroORM options`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The connection string from MikroORM's options; undefined where they name no database. */
export function addressOf(options: OrmOptions): string | undefined {
  const { clientUrl, dbName } = options;
  const text = (name: string) => {
    const value = options[name];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  if (typeof clientUrl === "string") {
    // The caller validates it.
    if (!URL.canParse(clientUrl)) return clientUrl;
    const url = new URL(clientUrl);
    if (text("dbName")) url.pathname = `/${encodeURIComponent(text("dbName"))}`;
    if (text("user")) url.username = encodeURIComponent(text("user"));
    if (text("password")) url.password = encodeURIComponent(text("password"));
    return url.href;
  }
  if (typeof dbName !== "string") return undefined;
  const password = text("password") && `:${encodeURIComponent(text("password"))}`;
  const login = `${encodeURIComponent(text("user") || "postgres")}${password}`;
  const host = text("host") || "127.0.0.1";
  const address = `${host.includes(":") ? `[${host}]` : host}:${text("port") || "5432"}`;
  return `postgresql://${login}@${address}/${encodeURIComponent(dbName)}`;
}
