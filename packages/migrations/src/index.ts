import manifest from "./migrations/manifest.json" with { type: "json" };

/** Absolute path of the folder that holds the migrations: TypeScript in the repository, JavaScript in the package. */
export const directory: string = `${import.meta.dirname}/migrations`;

/** Every migration's name and checksum, oldest first, as `manifest.json` records them. */
export const migrations: readonly { readonly name: string; readonly checksum: string }[] = manifest.migrations;
