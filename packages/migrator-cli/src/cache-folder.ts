import { accessSync, constants, existsSync } from "node:fs";
import path from "node:path";
import { findOwnFolder } from "@thedata/migrator/internal";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The cache folder for the migrations in `directory`: `MIGRATOR_CACHE` (`off`: undefined); else `.cache/migrator` in
 * the nearest `node_modules`, if it exists or can be created and no other user can write to `node_modules`; else the
 * user's own cache.
 */
export function findCacheFolder(directory: string, environment: Environment): string | undefined {
  const told = environment["MIGRATOR_CACHE"];
  if (told) return told === "off" ? undefined : path.resolve(told);
  const modules = findModules(directory);
  if (modules !== undefined && findOwnFolder(modules) !== undefined) {
    const folder = path.join(modules, ".cache", "migrator");
    if (existsSync(folder) || isWritable(modules)) return folder;
  }
  return path.join(
    environment["XDG_CACHE_HOME"] || path.join(process.getBuiltinModule("node:os").homedir(), ".cache"),
    "migrator",
  );
}

function findModules(folder: string): string | undefined {
  const found = path.join(folder, "node_modules");
  if (existsSync(found)) return found;
  const parent = path.dirname(folder);
  return parent === folder ? undefined : findModules(parent);
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
