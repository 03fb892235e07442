import { startContainer } from "./container.ts";
import { startEmbedded, startInstalled } from "./embedded.ts";
import { type DevPostgres, type PostgresSource, type PostgresVersion, type StartOptions, versions } from "./server.ts";

const ways = { given: startGiven, testcontainers: startContainer, embedded: startEmbedded, installed: startInstalled };

/**
 * Starts or finds a PostgreSQL server: the one at `DEV_POSTGRES_DSN`, else a container where a Docker engine answers,
 * else the embedded binaries. Throws when a forced source does not work.
 */
export async function startPostgres(given: StartOptions = {}): Promise<DevPostgres> {
  const options = { ...given, version: given.version ?? chosenVersion() };
  const forced = options.source ?? forcedSource();
  if (forced) return await ways[forced](options);
  if (process.env["DEV_POSTGRES_DSN"]) return startGiven();
  if (options.dataDir) return await startEmbedded(options);
  try {
    return await startContainer(options);
  } catch (error) {
    options.onProgress?.(`no container (${(error as Error).message}), using the embedded PostgreSQL`);
    return await startEmbedded(options);
  }
}

function chosenVersion(): PostgresVersion {
  const text = process.env["DEV_POSTGRES_VERSION"] || "18";
  const version = versions.find((one) => String(one) === text);
  if (version) return version;
  throw new Error(`DEV_POSTGRES_VERSION is "${text}"; it takes ${versions.join(", ")}`);
}

function forcedSource(): PostgresSource | undefined {
  const source = process.env["DEV_POSTGRES"];
  if (!source) return undefined;
  if (Object.hasOwn(ways, source)) return source as PostgresSource;
  throw new Error(`DEV_POSTGRES is "${source}"; it takes ${Object.keys(ways).join(", ")}`);
}

function startGiven(): DevPostgres {
  const dsn = process.env["DEV_POSTGRES_DSN"];
  if (!dsn) throw new Error("DEV_POSTGRES is given but DEV_POSTGRES_DSN is not set: it takes a superuser's address");
  return { dsn, source: "given", stop: async () => {} };
}
