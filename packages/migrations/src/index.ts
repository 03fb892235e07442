import manifest from "./migrations/manifest.json" with { type: "json" };
import verdictFile from "./migrations/verdicts.json" with { type: "json" };

/** Absolute path of the folder that holds the migrations: TypeScript in the repository, JavaScript in the package. */
export const directory: string = `${import.meta.dirname}/migrations`;

/** Every migration's name and checksum, oldest first, as `manifest.json` records them. */
export const migrations: readonly { readonly name: string; readonly checksum: string }[] = manifest.migrations;

/** How each release of the models does after a migration, as `verdicts.json` records it. */
export const verdicts: readonly {
  readonly migration: string;
  readonly digest: string;
  /** `@thedata/models@0.1.0`. */
  readonly release: string;
  readonly verdict: string;
  /** True: the migration waits until this release is retired. */
  readonly ends: boolean;
}[] = verdictFile.verdicts;
