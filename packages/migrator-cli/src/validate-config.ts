import { ConfigurationError } from "@thedata/migrator/internal";
import { distance } from "fastest-levenshtein";
import type { MigratorConfig } from "./define-config.ts";

const isText = (value: unknown) => typeof value === "string" && value !== "";
const isFunction = (value: unknown) => typeof value === "function";
const isRecord = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isRecordOf = (is: (value: unknown) => boolean) => (value: unknown) =>
  isRecord(value) && Object.values(value).every(is);
const isListOf = (is: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(is);

interface Setting {
  readonly takes: string;
  readonly is: (value: unknown) => boolean;
}

const settings: Readonly<Record<keyof MigratorConfig, Setting>> = {
  migrations: { takes: `the name of a folder, such as "src/migrations"`, is: isText },
  dsn: {
    takes: `a connection string, or a function that gives one`,
    is: (value) => isText(value) || isFunction(value),
  },
  password: { takes: "a function that gives the database's password", is: isFunction },
  models: {
    takes: `MikroORM's configuration file, such as "src/mikro-orm.config.ts", or a function that gives its options: async () => (await import("./orm.ts")).options`,
    is: (value) => isText(value) || isFunction(value),
  },
  shadow: { takes: "a function that starts a server and gives its { dsn, stop }", is: isFunction },
  alembic: {
    takes: `the names of migrations by Alembic's revisions: { "1975ea83b712": "initial_schema" }`,
    is: isRecordOf(isText),
  },
  revisions: {
    takes: `the names of migrations by another tool's names: { "V1__init": "initial_schema" }`,
    is: isRecordOf(isText),
  },
  ledger: { takes: `a name, TABLE or SCHEMA.TABLE`, is: isText },
  rulesFrom: {
    takes: `a version, such as "20261126090000"`,
    is: (value) => typeof value === "string" && /^\d+$/.test(value),
  },
  safety: {
    takes: `"enforce" (up refuses what the linter calls an error), "warn" or "off"`,
    is: (value) => ["enforce", "warn", "off"].includes(value as string),
  },
  rules: {
    takes: `severities by the linter's rules: { "drop-column": "warning", "integer-key": "off" }`,
    is: isRecordOf((value) => ["error", "warning", "note", "off"].includes(value as string)),
  },
  picture: { takes: `the name of a file, such as "docs/schema.svg"`, is: isText },
  areas: {
    takes: `lists of tables by the name of their area: { "People": ["users", "roles"] }`,
    is: isRecordOf(isListOf((name) => typeof name === "string")),
  },
  releases: {
    takes: `{ package: "packages/models/package.json", contract: "packages/models/contract.json", supported: "last 2" }; also folder (of released contracts) and calls (a function)`,
    is: isReleases,
  },
  fleet: {
    takes: `{ control: "postgresql://…", targets: "tenants.csv", limits: { default: 4 } }; also password (a function) and heartbeatSeconds (from 10); targets may be { sql, dsn }, { command } or a function`,
    is: isFleet,
  },
  verify: { takes: `{ rows: { users: [{ name: "…" }] } }`, is: isVerify },
};

const mikroOrms = ["entities", "entitiesTs", "clientUrl", "dbName", "driver", "extensions", "metadataProvider"];

/** Checks the configuration of `file` and gives it back. Throws a `ConfigurationError` that names a wrong setting. */
export function validateConfig(config: object, file: string): MigratorConfig {
  if (mikroOrms.some((key) => key in config))
    throw new ConfigurationError(
      `${file} is MikroORM's own configuration: --config takes the migrator's, such as export default defineConfig({ migrations: "src/migrations", models: "mikro-orm.config.ts" })`,
    );
  for (const [key, value] of Object.entries(config)) {
    if (!isSetting(key))
      throw new ConfigurationError(`The configuration has an unknown setting "${key}": ${suggest(key)} (${file})`);
    if (value !== undefined && !settings[key].is(value))
      throw new ConfigurationError(`"${key}" in the configuration takes ${settings[key].takes} (${file})`);
  }
  return config;
}

function isSetting(key: string): key is keyof MigratorConfig {
  return Object.hasOwn(settings, key);
}

function suggest(key: string): string {
  const names = Object.keys(settings).toSorted((a, b) => distance(a, key) - distance(b, key));
  const [nearest = ""] = names;
  const isNear = distance(nearest, key) <= Math.max(2, key.length / 3);
  return isNear ? `did you mean "${nearest}"?` : `the settings are ${names.toSorted().join(", ")}`;
}

function isReleases(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const kinds: Record<string, (value: unknown) => boolean> = {
    folder: isText,
    package: isText,
    contract: isText,
    calls: isFunction,
    supported: (one) => isText(one) || isListOf(isText)(one),
  };
  return Object.entries(value).every(([key, one]) => one === undefined || kinds[key]?.(one) === true);
}

function isFleet(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const isLimit = (one: unknown) => Number.isInteger(one) && (one as number) > 0;
  const isSource = (one: unknown) =>
    isRecord(one) && ("command" in one ? isText(one.command) : "sql" in one && isText(one.sql));
  const kinds: Record<string, (value: unknown) => boolean> = {
    control: (one) => isText(one) || isFunction(one),
    targets: (one) => isText(one) || isFunction(one) || isSource(one),
    password: isFunction,
    limits: isRecordOf(isLimit),
    heartbeatSeconds: (one) => isLimit(one) && (one as number) >= 10,
  };
  return Object.entries(value).every(([key, one]) => one === undefined || kinds[key]?.(one) === true);
}

function isVerify(value: unknown): boolean {
  if (!isRecord(value) || Object.keys(value).some((key) => key !== "rows")) return false;
  const { rows } = value as { rows?: unknown };
  return rows === undefined || isRecordOf(isListOf(isRecord))(rows);
}
