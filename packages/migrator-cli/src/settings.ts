import path from "node:path";
import {
  ConfigurationError,
  type Context,
  createContext,
  type Event,
  ownServer,
  type ReleaseSettings,
  type ShadowOptions,
} from "@thedata/migrator/internal";
import { findCacheFolder } from "./cache-folder.ts";
import { type LoadedConfig, loadConfiguration, loadModels } from "./configuration.ts";
import { readDatabaseAddress, readLibpqAddress, readVariable, validate } from "./database-address.ts";
import { readPasswordCommand } from "./password-command.ts";
import { version } from "./version.ts";

/** The options that every command takes, as Commander gives them. */
export interface GlobalOptions {
  readonly config?: string;
  readonly migrations?: string;
  readonly dsn?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly logFormat?: "text" | "json";
  readonly schema?: string;
  readonly shared?: boolean;
}

/** The options of the commands that change the database. */
export interface RunOptions extends GlobalOptions {
  readonly lockWait?: number;
  readonly waitForDatabase?: number;
  readonly lockTimeout?: number;
  readonly statementTimeout?: number;
  readonly lockBudget?: number;
  readonly allowOutOfOrder?: boolean;
  /** `up --wait`: backfills of large tables too. */
  readonly wait?: boolean;
  readonly shadowDsn?: string;
}

export interface ContextNeeds {
  /** Whether the command needs a database; `none`: it does not even look for an address in the configuration. */
  readonly database?: "required" | "optional" | "none";
  readonly onEvent?: (event: Event) => void;
  readonly signal?: AbortSignal;
}

/** What a command works with. */
export interface Settings {
  readonly context: Context;
  readonly shadow: ShadowOptions;
  readonly config: LoadedConfig;
}

/**
 * Creates the engine's context and the options for shadow databases. Precedence: option, environment, file, default.
 * Throws a `ConfigurationError`.
 */
export async function createSettings(options: RunOptions, needs: ContextNeeds = {}): Promise<Settings> {
  const config = await loadConfiguration(options.config);
  const directory = findDirectory(options, config);
  const dsn = await findAddress(options, config, needs.database === "none");
  if (dsn === undefined && (needs.database ?? "required") === "required")
    throw new ConfigurationError(
      "No database is configured: set POSTGRES_DSN or DATABASE_URL, or POSTGRES_HOST, POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB, or PGHOST, PGUSER, PGDATABASE and so on, or give --dsn",
    );
  const password = config.password ?? readPasswordCommand(process.env);
  const context = createContext({
    dsn: dsn ?? "",
    password,
    migrations: directory,
    ledger: config.ledger,
    schema: options.schema,
    shared: options.shared,
    lockWaitMs: milliseconds(options.lockWait),
    databaseWaitMs: milliseconds(options.waitForDatabase),
    lockTimeoutMs: milliseconds(options.lockTimeout),
    statementTimeoutMs: milliseconds(options.statementTimeout),
    lockBudgetMs: milliseconds(options.lockBudget),
    backfills: options.wait ? "wait" : undefined,
    allowOutOfOrder: options.allowOutOfOrder,
    safety: config.safety ?? "warn",
    rules: config.rules,
    toolVersion: version,
    releases: findReleases(config, directory),
    undoKey: () => readVariable(process.env, "MIGRATOR_UNDO_KEY"),
    cache: findCacheFolder(directory, process.env),
    ormOptions: async () => await loadModels(config),
    onEvent: needs.onEvent,
    signal: needs.signal,
  });
  const shadowDsn = options.shadowDsn === undefined ? undefined : validate(options.shadowDsn, "--shadow-dsn");
  return {
    context,
    config,
    shadow: { servers: [shadowDsn ?? ownServer(dsn, password)], provider: shadowDsn ? undefined : config.shadow },
  };
}

/** The migrations folder, absolute. Throws a `ConfigurationError` where none is configured. */
export function findDirectory(options: GlobalOptions, config: LoadedConfig): string {
  if (options.migrations === "") throw new ConfigurationError("--migrations is empty: it takes a folder");
  if (options.migrations !== undefined) return path.resolve(options.migrations);
  if (config.migrations !== undefined) return path.resolve(config.folder, config.migrations);
  throw new ConfigurationError(
    'No migrations folder is configured: give --migrations DIR, or set up the project with "migrator init"',
  );
}

/** The releases' settings with absolute paths; undefined where the configuration has none. */
export function findReleases({ releases, folder }: LoadedConfig, migrations: string): ReleaseSettings | undefined {
  if (!releases) return undefined;
  const absolute = (file: string | undefined) => (file === undefined ? undefined : path.resolve(folder, file));
  return {
    folder: absolute(releases.folder) ?? path.join(path.dirname(migrations), "releases"),
    supported: releases.supported ?? "last 2",
    package: absolute(releases.package),
    contract: absolute(releases.contract),
    calls: releases.calls as ReleaseSettings["calls"],
  };
}

/** The releases' settings. Throws a `ConfigurationError` where there are none. */
export function requireReleases({ releases }: Context): ReleaseSettings {
  if (releases) return releases;
  throw new ConfigurationError(
    `No releases are configured: add releases: { package: "packages/models/package.json", contract: "packages/models/contract.json" } to the configuration`,
  );
}

async function findAddress(
  options: GlobalOptions,
  config: LoadedConfig,
  isEnough: boolean,
): Promise<string | undefined> {
  if (options.dsn !== undefined) return validate(options.dsn, "--dsn");
  const address = readDatabaseAddress(process.env);
  if (address !== undefined) return address;
  if (isEnough) return undefined;
  const configured = typeof config.dsn === "function" ? await ask(config.dsn) : config.dsn;
  if (configured !== undefined) return validate(configured, `"dsn" in the configuration`);
  const own = await readModelsAddress(config);
  if (own !== undefined) return validate(own, "the connection in MikroORM's configuration");
  // libpq's variables come last: they are set for all programs, the configuration for this project.
  return readLibpqAddress(process.env);
}

/** The address from MikroORM's configuration, unless `dsn` is configured. */
async function readModelsAddress(config: LoadedConfig): Promise<string | undefined> {
  if (config.models === undefined || config.dsn !== undefined) return undefined;
  const { addressOf } = await import("./mikro-orm-config.ts");
  return addressOf((await loadModels(config)) ?? {});
}

async function ask(dsn: () => unknown): Promise<string | undefined> {
  try {
    const answer = await dsn();
    if (answer === undefined || typeof answer === "string") return answer;
  } catch (cause) {
    throw new ConfigurationError(`"dsn" in the configuration fails: ${(cause as Error).message.split("\n")[0]}`, {
      cause,
    });
  }
  throw new ConfigurationError(`"dsn" in the configuration gives no connection string`);
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
