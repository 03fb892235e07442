import type { GivenRows, ShadowProvider } from "@thedata/migrator";

/** The default export of `migrator.config.ts`; paths are relative to the file. */
export interface MigratorConfig {
  /** The folder of the migrations. */
  readonly migrations?: string;
  /** The database, where neither an option nor the environment names one. */
  readonly dsn?: string | (() => string | undefined | Promise<string | undefined>);
  /** Gives the database's password, in place of one in the address; asked at each connect, for short-lived tokens. */
  readonly password?: () => string | Promise<string>;
  /**
   * MikroORM's options with the project's entities: the path of MikroORM's own configuration file, loaded as MikroORM's
   * CLI loads it, or a function that gives the options. Read by the commands that compare models, and by all commands
   * where nothing else names the database.
   */
  readonly models?: string | (() => unknown);
  /** A server for shadow databases, where the role of `dsn` may not create databases, or there is no `dsn`. */
  readonly shadow?: ShadowProvider;
  /** For `baseline --from alembic`: Alembic's revisions, each with the migration that gives the same schema. */
  readonly alembic?: Readonly<Record<string, string>>;
  /** For `baseline`: another tool's migration names, each with our migration that gives the same schema. */
  readonly revisions?: Readonly<Record<string, string>>;
  /** The ledger as TABLE or SCHEMA.TABLE; default: MikroORM's own. */
  readonly ledger?: string;
  /** A version such as "20261126090000": rules for names, imports and `down` apply from it on. Default: to all. */
  readonly rulesFrom?: string;
  /** What `up` does where the linter finds an error in a pending migration: refuses, says so (default), or does not look. */
  readonly safety?: "enforce" | "warn" | "off";
  /** Severities by the linter's rules; "off" silences one. An opt-in rule is on once it is named. */
  readonly rules?: Readonly<Record<string, "error" | "warning" | "note" | "off">>;
  /**
   * A picture of the schema that `check` compares and `--fix` redraws: a file ending in .svg, .mmd (Mermaid) or .md.
   */
  readonly picture?: string;
  /** The picture's areas: tables by the name of their area, both in reading order. */
  readonly areas?: Readonly<Record<string, readonly string[]>>;
  /** Releases of the models: what each needs of the schema, and which of them must work. */
  readonly releases?: ReleasesConfig;
  /** Many databases, or the schemas of many tenants, for `migrator fleet`. */
  readonly fleet?: FleetConfig;
  /** `rows`: what `verify` inserts into a table instead of generated rows; it generates the columns left out. */
  readonly verify?: { readonly rows?: GivenRows };
}

/** A fleet: which databases, who knows the runs, and how much a server may be asked. */
export interface FleetConfig {
  /** The connection string of the control database, where FLEET_DSN is not set. */
  readonly control?: string | (() => string | Promise<string>);
  /** The list: a file (CSV or JSON), a query, a command that prints one, or a function. */
  readonly targets?: TargetSource;
  /** Gives a target's password; asked at each connect and stored nowhere. */
  readonly password?: (target: { readonly id: string; readonly address: string }) => string | Promise<string>;
  /** How many migrations may run on a server at once, by server (`host:port`); `default` for all others (4). */
  readonly limits?: Readonly<Record<string, number>>;
  /** How long a worker may be silent before its targets go to another, in seconds from 10; default 45. */
  readonly heartbeatSeconds?: number;
}

// As in @thedata/fleet, whose types are not installed with the command: `fleet/open-fleet` holds one against the other.
/** A row has `dsn`, without a password, and may have `id`, `schema`, `server`, `wave` and labels. */
export type TargetSource =
  | string
  | { readonly sql: string; readonly dsn: string | (() => string | Promise<string>) }
  | { readonly command: string }
  | (() => readonly TargetRow[] | Promise<readonly TargetRow[]>);

/** A row of a list of targets. */
export interface TargetRow {
  readonly id?: string | undefined;
  readonly dsn?: string | undefined;
  readonly schema?: string | null | undefined;
  readonly server?: string | null | undefined;
  readonly wave?: string | null | undefined;
  readonly [label: string]: unknown;
}

/** Where the contracts of releases are kept; paths are relative to the configuration. */
export interface ReleasesConfig {
  /** The folder of the contracts of released models; default: `releases` beside the migrations folder. */
  readonly folder?: string;
  /** Which releases must work: "last 2" (default), a semver range, or versions by name. */
  readonly supported?: string | readonly string[];
  /** The package.json of the models, for their name and version. */
  readonly package?: string;
  /** The file of the contract of the models as they are. */
  readonly contract?: string;
  /** Calls repositories' methods and other SQL of the program's own, so that it is recorded; gets an EntityManager. */
  readonly calls?: (em: never) => Promise<unknown>;
}

/** Gives the configuration back unchanged, with its type checked. */
export function defineConfig(config: MigratorConfig): MigratorConfig {
  return config;
}
