import { createRequire } from "node:module";

/** This package's version, as `--version` says it and the ledger records it. */
export const version = (createRequire(import.meta.url)("../package.json") as { version: string }).version;
