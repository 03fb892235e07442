import type { EntityManager } from "@mikro-orm/core";

/** Where the contracts of releases are, and which releases must work. */
export interface ReleaseSettings {
  /** The folder of the contracts of released models, as an absolute path. */
  readonly folder: string;
  /** Which of them must work: `last 2`, a semver range, or versions. */
  readonly supported: string | readonly string[];
  /** The package.json of the models, as an absolute path; undefined: the models are not here. */
  readonly package?: string | undefined;
  /** The file of the contract of the models as they are, as an absolute path; undefined: none is kept. */
  readonly contract?: string | undefined;
  /** Calls what the entities' own operations do not show: repositories' methods, SQL of the program. */
  readonly calls?: ((em: EntityManager) => Promise<unknown>) | undefined;
}
