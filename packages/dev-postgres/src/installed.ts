import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import type { Binaries } from "./binaries.ts";

/** Where Debian and its derivatives install the server's programs, in a folder for each major version. */
const home = "/usr/lib/postgresql";

/** The newest major version that is installed as a package, such as 15; undefined where there is none. */
export function installedVersion(): number | undefined {
  const folders = existsSync(home) ? readdirSync(home) : [];
  const versions = folders.filter((name) => /^\d+$/.test(name) && existsSync(programs(Number(name)).postgres));
  return versions.map(Number).toSorted((a, b) => b - a)[0];
}

/** The programs of the newest installed server; throws where there is none. */
export function findInstalled(): Binaries {
  const version = installedVersion();
  if (version === undefined) throw new Error(`no PostgreSQL server is installed below ${home}`);
  return programs(version);
}

function programs(version: number): Binaries {
  const folder = path.join(home, String(version), "bin");
  return { postgres: path.join(folder, "postgres"), initdb: path.join(folder, "initdb") };
}
