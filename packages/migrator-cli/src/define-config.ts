import type { GivenRows, ShadowProvider } from "@thedata/migrator";

/** What `migrator.config.ts` exports as its default; paths are relative to the file. */
export interface MigratorConfig {
  /** The folder of the migrations. */
  readonly migrations?: string;
  /** The database, when neither option nor environment names one; undefined: none either. */
  readonly dsn?: string | (() => string | undefined | Promise<string | undefined>);
  /**
   * MikroORM's options with the project's entities: the file of MikroORM's own configuration, which is loaded as its CLI
   * does, or a function that gives them. Read by the commands that compare models, and where nothing else names the
   * database.
   */
  readonly models?: string | (() => unknown);
  /** A server for shadow databases, where the role of `dsn` may not create databases, or there is no `dsn`. */
  readonly shadow?: ShadowProvider;
  /** Alembic's revisions, each with the migration that leaves the same schema behind: for `baseline --from alembic`. */
  readonly alembic?: Readonly<Record<string, string>>;
  /** Another tool's names of its migrations, each with the migration of ours that leaves the same schema: for `baseline`. */
  readonly revisions?: Readonly<Record<string, string>>;
  /** The ledger as TABLE or SCHEMA.TABLE; MikroORM's own unless told. */
  readonly ledger?: string;
  /**
   * A version such as "20261126090000": rules for names, imports and ways back hold for the migrations from there on. All
   * unless told.
   */
  readonly rulesFrom?: string;
  /** A picture of the schema that `check` keeps current: a file that ends in .svg, .mmd (Mermaid) or .md. */
  readonly picture?: string;
  /** Tables that belong together in a picture, by the name of their area; both in the order of reading. */
  readonly areas?: Readonly<Record<string, readonly string[]>>;
  /** `rows`: what `verify` puts into a table instead of made rows; columns that they leave out are made. */
  readonly verify?: { readonly rows?: GivenRows };
}

/** Gives the configuration back as it is; for its type. */
export function defineConfig(config: MigratorConfig): MigratorConfig {
  return config;
}
