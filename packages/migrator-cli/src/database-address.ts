import { readFileSync } from "node:fs";
import { ConfigurationError } from "@thedata/migrator/internal";
import { isAddress } from "./misplaced-address.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const required = ["POSTGRES_HOST", "POSTGRES_USER", "POSTGRES_DB"] as const;
const parts = [...required, "POSTGRES_PORT", "POSTGRES_PASSWORD"] as const;

/**
 * The connection string from the environment: `POSTGRES_DSN`, or `POSTGRES_HOST`, `_PORT`, `_USER`, `_PASSWORD` and
 * `_DB`, each also as `…_FILE`; else `DATABASE_URL`. Undefined where none is set; throws a `ConfigurationError` where
 * the set is incomplete.
 */
export function readDatabaseAddress(environment: Environment): string | undefined {
  const dsn = readVariable(environment, "POSTGRES_DSN");
  if (dsn) return validate(dsn, "POSTGRES_DSN");
  const values = Object.fromEntries(parts.map((name) => [name, readVariable(environment, name)]));
  if (Object.values(values).every((value) => value === undefined)) return readDatabaseUrl(environment);
  const missing = required.filter((name) => !values[name]);
  if (missing.length > 0)
    throw new ConfigurationError(
      `The database is only half configured: ${missing.join(" and ")} missing (each also as …_FILE), or set POSTGRES_DSN`,
    );
  const mistaken = parts.find((name) => name !== "POSTGRES_PASSWORD" && isAddress(values[name] ?? ""));
  if (mistaken) throw new ConfigurationError(`${mistaken} is a connection string: give it as POSTGRES_DSN`);
  return compose(values as typeof values & Parts);
}

function readDatabaseUrl(environment: Environment): string | undefined {
  const url = readVariable(environment, "DATABASE_URL");
  return url === undefined ? undefined : validate(url, "DATABASE_URL");
}

// The parameters of a connection string, by libpq's environment variables.
const libpqParameters = {
  PGSSLMODE: "sslmode",
  PGSSLROOTCERT: "sslrootcert",
  PGSSLCERT: "sslcert",
  PGSSLKEY: "sslkey",
  PGOPTIONS: "options",
} as const;

/**
 * The connection string from libpq's variables: `PGHOST` or `PGDATABASE`, with `PGPORT`, `PGUSER`, `PGPASSWORD` and
 * those of `libpqParameters`. A password may come from the file that `PGPASSFILE` names, or from `~/.pgpass`. Undefined
 * where neither `PGHOST` nor `PGDATABASE` is set.
 */
export function readLibpqAddress(environment: Environment): string | undefined {
  const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE } = environment;
  if (!PGHOST && !PGDATABASE) return undefined;
  const user = PGUSER || process.getBuiltinModule("node:os").userInfo().username;
  const address = compose(
    {
      POSTGRES_HOST: PGHOST || "localhost",
      POSTGRES_PORT: PGPORT || "5432",
      POSTGRES_USER: user,
      POSTGRES_DB: PGDATABASE || user,
      POSTGRES_PASSWORD: PGPASSWORD || undefined,
    },
    "PGPORT",
  );
  const parameters = Object.entries(libpqParameters).flatMap(([variable, name]) => {
    const value = environment[variable];
    return value ? [`${name}=${encodeURIComponent(value)}`] : [];
  });
  if (parameters.length === 0) return address;
  return `${address}${address.includes("?") ? "&" : "?"}${parameters.join("&")}`;
}

/** Gives `dsn` back if it is a PostgreSQL address, else throws an error that names `source`, its option or variable. */
export function validate(dsn: string, source: string): string {
  if (URL.canParse(dsn) && /^postgres(ql)?:\/\//.test(dsn)) return dsn;
  throw new ConfigurationError(
    `${source} is not a connection string: it takes postgresql://user:password@host:port/database`,
  );
}

/** A variable, or the content of the file that `NAME_FILE` names. Throws a `ConfigurationError`. */
export function readVariable(environment: Environment, name: string): string | undefined {
  const [value, file] = [environment[name], environment[`${name}_FILE`]];
  if (value && file) throw new ConfigurationError(`${name} and ${name}_FILE are both set: keep one`);
  if (!file) return value || undefined;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    // The variable may hold the secret itself instead of its file's name.
    const which = /PASSWORD|DSN|KEY/.test(name) || isAddress(file) ? "a file that" : `${file}, which`;
    const { code } = cause as NodeJS.ErrnoException;
    throw new ConfigurationError(`${name}_FILE names ${which} cannot be read: ${code}`);
  }
}

interface Parts {
  readonly POSTGRES_HOST: string;
  readonly POSTGRES_PORT?: string | undefined;
  readonly POSTGRES_USER: string;
  readonly POSTGRES_PASSWORD?: string | undefined;
  readonly POSTGRES_DB: string;
}

function compose(
  { POSTGRES_HOST, POSTGRES_PORT = "5432", POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB }: Parts,
  portVariable = "POSTGRES_PORT",
): string {
  if (!/^\d{1,5}$/.test(POSTGRES_PORT) || Number(POSTGRES_PORT) > 65_535)
    throw new ConfigurationError(`${portVariable} is "${POSTGRES_PORT}": it takes a port number`);
  const password = POSTGRES_PASSWORD === undefined ? "" : `:${encodeURIComponent(POSTGRES_PASSWORD)}`;
  const login = `${encodeURIComponent(POSTGRES_USER)}${password}`;
  // A folder as the host means a Unix socket in it.
  if (POSTGRES_HOST.startsWith("/"))
    return `postgresql://${login}@/${encodeURIComponent(POSTGRES_DB)}?host=${encodeURIComponent(POSTGRES_HOST)}&port=${POSTGRES_PORT}`;
  const host = POSTGRES_HOST.includes(":") ? `[${POSTGRES_HOST}]` : POSTGRES_HOST;
  return `postgresql://${login}@${host}:${POSTGRES_PORT}/${encodeURIComponent(POSTGRES_DB)}`;
}
