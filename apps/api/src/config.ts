import { readFileSync } from "node:fs";
import { readAddress } from "@thedata/migrator/postgres";
import { envSchema } from "env-schema";
import { type Static, Type } from "typebox";

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

// Each description completes the sentence "it takes …" in an error message.
const Environment = Type.Object({
  HOST: Type.String({ default: "0.0.0.0", description: "the address to listen at, such as 127.0.0.1" }),
  PORT: Type.Integer({ default: 3000, minimum: 0, maximum: 65_535, description: "a whole number from 0 to 65535" }),
  SESSION_SECRET: Type.String({
    minLength: 32,
    description: "at least 32 random characters, such as `openssl rand -base64 48` gives (or set SESSION_SECRET_FILE)",
  }),
  SESSION_TTL: Type.Integer({
    default: 12 * 60 * 60,
    minimum: 1,
    maximum: 366 * 24 * 60 * 60,
    description: "the seconds that a session lasts, a whole number from 1 to 31622400",
  }),
  REQUEST_TIMEOUT: Type.Integer({
    default: 30,
    minimum: 1,
    maximum: 3600,
    description: "the seconds within which a request must arrive completely, a whole number from 1 to 3600",
  }),
  LOG_LEVEL: Type.Enum(logLevels, { default: "info", description: `one of ${logLevels.join(", ")}` }),
  TRUST_PROXY: Type.Optional(
    Type.String({ description: "the addresses of proxies before this API, such as 10.0.0.0/8" }),
  ),
});

/** The API's configuration. */
export interface Config {
  readonly dsn: string;
  readonly host: string;
  readonly port: number;
  readonly sessionSecret: string;
  /** Seconds. */
  readonly sessionTtl: number;
  /** Seconds within which a request's headers and body must arrive. */
  readonly requestTimeout: number;
  readonly logLevel: (typeof logLevels)[number];
  /** The proxies whose `X-Forwarded-For` is trusted, as Fastify's `trustProxy` takes them. */
  readonly trustProxy?: string;
}

/** An invalid configuration; each problem names a variable and the remedy, never a secret's value. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

type Env = Readonly<Record<string, string | undefined>>;

const filedVariables = [
  "POSTGRES_DSN",
  "POSTGRES_HOST",
  "POSTGRES_PORT",
  "POSTGRES_USER",
  "POSTGRES_PASSWORD",
  "POSTGRES_DB",
  "SESSION_SECRET",
];

/** Reads the API's configuration; throws a `ConfigError` that lists every problem at once. */
export function readConfig(env: Env): Config {
  const problems: string[] = [];
  const variables = resolveFiles(env, filedVariables, problems);
  const dsn = resolveDsn(variables, problems);
  const settings = validate(variables, problems);
  if (problems.length > 0 || !settings || !dsn) throw new ConfigError(problems);
  return {
    dsn,
    host: settings.HOST,
    port: settings.PORT,
    sessionSecret: settings.SESSION_SECRET,
    sessionTtl: settings.SESSION_TTL,
    requestTimeout: settings.REQUEST_TIMEOUT,
    logLevel: settings.LOG_LEVEL,
    ...(settings.TRUST_PROXY && { trustProxy: settings.TRUST_PROXY }),
  };
}

/** Reads only the database's address, for commands that need nothing else; throws a `ConfigError`. */
export function readDsn(env: Env): string {
  const problems: string[] = [];
  const dsn = resolveDsn(resolveFiles(env, filedVariables.slice(0, 6), problems), problems);
  if (problems.length > 0 || !dsn) throw new ConfigError(problems);
  return dsn;
}

/** Reads one variable, or the file that its `…_FILE` names; undefined where neither is set. Throws a `ConfigError`. */
export function readVariable(env: Env, name: string): string | undefined {
  const problems: string[] = [];
  const value = resolveFiles(env, [name], problems)[name];
  if (problems.length > 0) throw new ConfigError(problems);
  return value;
}

/** The files that contain values of the configuration, by the variables that name them. */
export function findFiles(env: Env): Record<string, string> {
  const names = filedVariables.map((name) => `${name}_FILE`);
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

function resolveFiles(env: Env, names: readonly string[], problems: string[]): Record<string, string> {
  // An empty variable counts as unset: Compose passes unset variables as empty.
  const values = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
  for (const name of names) {
    const file = values[`${name}_FILE`];
    if (!file) continue;
    if (values[name]) problems.push(`${name} and ${name}_FILE are both set: remove one of them`);
    else values[name] = readSecretFile(`${name}_FILE`, file, problems);
  }
  return values;
}

function readSecretFile(variable: string, file: string, problems: string[]): string {
  try {
    const content = readFileSync(file, "utf8").replace(/\r?\n$/, "");
    if (!content) problems.push(`${variable} names the file "${file}", which is empty: write the value into it`);
    return content;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    problems.push(
      `${variable} names the file "${file}", which cannot be read (${code}): correct the name or its rights`,
    );
    return "";
  }
}

function resolveDsn(variables: Record<string, string>, problems: string[]): string | undefined {
  if (problems.some((problem) => problem.startsWith("POSTGRES_"))) return undefined;
  if (variables["POSTGRES_DSN"]) return checkDsn(variables["POSTGRES_DSN"], problems);
  const names = ["POSTGRES_HOST", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"];
  const missing = names.filter((name) => !variables[name]);
  const port = Number(variables["POSTGRES_PORT"] ?? 5432);
  if (missing.length === names.length) problems.push(noDatabase);
  else
    for (const name of missing)
      problems.push(`${name} is not set: set it, or ${name}_FILE, or POSTGRES_DSN instead of all`);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    problems.push(`POSTGRES_PORT is "${variables["POSTGRES_PORT"]}": it takes a whole number from 1 to 65535`);
  else if (missing.length === 0) return composeDsn(variables, port);
  return undefined;
}

const noDatabase =
  "POSTGRES_DSN is not set: set it to postgresql://USER:PASSWORD@HOST:PORT/DATABASE, " +
  "or set POSTGRES_HOST, POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB";

function checkDsn(dsn: string, problems: string[]): string | undefined {
  const url = URL.canParse(dsn) ? new URL(dsn) : undefined;
  if (url && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1) return checkTls(dsn, problems);
  // The value may contain a password: the message shows only the expected form.
  problems.push("POSTGRES_DSN is not a PostgreSQL address: it takes postgresql://USER:PASSWORD@HOST:PORT/DATABASE");
  return undefined;
}

/** Checks `sslmode` and certificates now: otherwise every connection would fail later. */
function checkTls(dsn: string, problems: string[]): string | undefined {
  try {
    readAddress(dsn);
    return dsn;
  } catch (error) {
    problems.push(`POSTGRES_DSN cannot be used: ${(error as Error).message}`);
    return undefined;
  }
}

function composeDsn(variables: Record<string, string>, port: number): string {
  const [host = "", user = "", password = "", database = ""] = ["HOST", "USER", "PASSWORD", "DB"].map(
    (name) => variables[`POSTGRES_${name}`],
  );
  // An IPv6 address needs brackets; the folder of a Unix socket is encoded like any host.
  const authority = host.includes(":") ? `[${host}]` : encodeURIComponent(host);
  const login = [user, password].map(encodeURIComponent).join(":");
  return `postgresql://${login}@${authority}:${port}/${encodeURIComponent(database)}`;
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: { readonly missingProperty?: string };
}

function validate(variables: Record<string, string>, problems: string[]): Static<typeof Environment> | undefined {
  try {
    return envSchema<Static<typeof Environment>>({ schema: Environment, data: variables, env: false });
  } catch (error) {
    const errors = (error as { errors?: SchemaError[] }).errors;
    if (!errors) throw error;
    for (const name of new Set(errors.map((found) => found.params.missingProperty ?? found.instancePath.slice(1))))
      if (!problems.some((problem) => problem.startsWith(name))) problems.push(describe(name, variables[name]));
    return undefined;
  }
}

function describe(name: string, value: string | undefined): string {
  const { description: takes } = Environment.properties[name as keyof typeof Environment.properties] as {
    readonly description?: string;
  };
  if (value === undefined) return `${name} is not set: it takes ${takes}`;
  // The message shows a secret's length, not its value.
  return `${name} ${name === "SESSION_SECRET" ? `has only ${value.length} characters` : `is "${value}"`}: it takes ${takes}`;
}
