import manifest from "./manifest.json" with { type: "json" };

/** Absolute path of the folder that holds the migrations: their source here, built JavaScript in the package. */
export const directory: string = import.meta.dirname;

/** Every migration's name and checksum, oldest first, as `manifest.json` records them. */
export const migrations: readonly { readonly name: string; readonly checksum: string }[] = manifest.migrations;

/** The name of the newest migration: a database is current when it has this one and all before it. */
export const head: string = migrations.at(-1)?.name ?? "";
