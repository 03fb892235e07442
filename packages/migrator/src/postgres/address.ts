import type { ClientConfig } from "pg";
import { parse, toClientConfig } from "pg-connection-string";
import { ConnectionError } from "../errors.ts";

/** The driver's configuration for a connection. */
export interface Address {
  readonly config: ClientConfig;
  /** TLS setting for a second attempt, where the server refuses the first one for using or lacking TLS. */
  readonly otherwise?: ClientConfig["ssl"];
}

// `no-verify` is the driver's own mode: TLS without checking the certificate.
const modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full", "no-verify"];
const unverified = { rejectUnauthorized: false };

/**
 * Reads a connection string; its `sslmode`, or else `PGSSLMODE`, means the same as in libpq. Throws a `ConnectionError`
 * that does not show the string.
 */
export function readAddress(dsn: string, environment: NodeJS.ProcessEnv = process.env): Address {
  const parameters = new URLSearchParams(dsn.split("?", 2)[1]);
  const mode = readMode(parameters, environment);
  if (mode === undefined) return { config: parseString(dsn) };
  const config = parseString(parameters.has("sslmode") ? dsn : `${dsn}${dsn.includes("?") ? "&" : "?"}sslmode=${mode}`);
  // As with libpq, a socket in the file system has no TLS.
  if (config.host?.startsWith("/")) return { config: { ...config, ssl: false } };
  const tls = typeof config.ssl === "object" ? { ...config.ssl, ...unverified } : unverified;
  if (mode === "no-verify") return { config: { ...config, ssl: tls } };
  if (mode === "prefer") return { config, otherwise: false };
  return mode === "allow" ? { config: { ...config, ssl: false }, otherwise: tls } : { config };
}

function readMode(parameters: URLSearchParams, environment: NodeJS.ProcessEnv): string | undefined {
  const given = parameters.getAll("sslmode").at(-1);
  const mode = given ?? (parameters.has("ssl") ? undefined : environment["PGSSLMODE"] || undefined);
  if (mode === undefined) return undefined;
  if (!modes.includes(mode))
    throw new ConnectionError(
      `${given === undefined ? "PGSSLMODE" : "sslmode"} is "${mode}": it takes ${modes.slice(0, -2).join(", ")} or verify-full`,
    );
  if (mode === "verify-ca" && !parameters.has("sslrootcert"))
    throw new ConnectionError(
      `sslmode=verify-ca needs sslrootcert=FILE, the certificate of the authority: without it, name verify-full, which also compares the host's name`,
    );
  return mode;
}

function parseString(dsn: string): ClientConfig {
  try {
    return toClientConfig(parse(dsn, { useLibpqCompat: !/[?&]uselibpqcompat=/.test(dsn) }));
  } catch (cause) {
    throw new ConnectionError(`The connection string is not valid: ${(cause as Error).message.replaceAll(dsn, "…")}`);
  }
}
