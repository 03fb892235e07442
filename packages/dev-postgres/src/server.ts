/** The major versions for which binaries and images exist. */
export const versions = [15, 16, 17, 18] as const;

export type PostgresVersion = (typeof versions)[number];
export type PostgresSource = "given" | "testcontainers" | "embedded" | "installed";

/** A running PostgreSQL server; `dsn` names a superuser and the maintenance database. */
export interface DevPostgres {
  readonly dsn: string;
  readonly source: PostgresSource;
  /** Stops the server, unless it was given by its address. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Major version; default: `DEV_POSTGRES_VERSION`, else 18. */
  readonly version?: PostgresVersion;
  /** The folder where the data persist between runs; default: temporary data, fast and not crash-safe. */
  readonly dataDir?: string;
  /** Forces one source; default: `DEV_POSTGRES`, else the first that works. */
  readonly source?: PostgresSource;
  /** Gets progress messages, one line each. */
  readonly onProgress?: (message: string) => void;
}
