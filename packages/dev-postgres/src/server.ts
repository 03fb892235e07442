/** The major versions that there are binaries and images of. */
export const versions = [15, 16, 17, 18] as const;

export type PostgresVersion = (typeof versions)[number];
export type PostgresSource = "given" | "testcontainers" | "embedded" | "installed";

/** A PostgreSQL server that answers; `dsn` names a superuser and the maintenance database. */
export interface DevPostgres {
  readonly dsn: string;
  readonly source: PostgresSource;
  /** Ends the server; a server that was given by its address is left running. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Major version; `DEV_POSTGRES_VERSION` or 18 unless told. */
  readonly version?: PostgresVersion;
  /** Where the server's data stays between runs; without it they are temporary and fast, not crash safe. */
  readonly dataDir?: string;
  /** Forces one way; without it, and without `DEV_POSTGRES`, the first that answers. */
  readonly source?: PostgresSource;
  /** Told what happens, in one line each. */
  readonly onProgress?: (message: string) => void;
}
