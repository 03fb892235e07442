import { createRequire } from "node:module";

/** This package's version, for `--version` and the ledger. */
export const version = (createRequire(import.meta.url)("../package.json") as { version: string }).version;
