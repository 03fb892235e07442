import { ConfigurationError, RefusedError } from "../errors.ts";
import { discover, type MigrationFile, type MigrationFolder, readSource } from "./folder.ts";
import { findBrokenLinks, manifestFile, selectEntries } from "./manifest.ts";

/**
 * A part of a history for a database with a schema per tenant: what is marked `@shared` in a comment runs once for the
 * database, and the rest once for each schema.
 */
export type Part = "shared" | "schema";

/** A part of a folder, or of a program's list. */
export interface FolderPart {
  readonly of: string | MigrationFolder;
  readonly part: Part;
}

/** Where migrations are: a folder's path, a program's list, or a part of either. */
export type MigrationSource = string | MigrationFolder | FolderPart;

export function isPart(source: MigrationSource): source is FolderPart {
  return typeof source === "object" && "part" in source;
}

/** The files of one part, with their entries of the manifest. Throws a `MigratorError`. */
export async function openPart({ of, part }: FolderPart): Promise<MigrationFolder> {
  const folder = typeof of === "string" ? await discover(of) : of;
  const files = folder.files.filter((file) => isShared(file) === (part === "shared"));
  if (part === "schema" && files.length === 0 && folder.files.length > 0)
    throw new ConfigurationError("All migrations are marked @shared: there is none to run in a schema of its own");
  const { manifest } = folder;
  if (!manifest) return { ...folder, files };
  const [broken] = findBrokenLinks(manifest);
  if (broken !== undefined)
    throw new RefusedError(
      `${manifestFile} was edited by hand or merged at ${broken}: if that is meant, run "migrator check --fix" and commit it. Nothing was changed`,
    );
  const others = new Set(folder.files.filter((file) => !files.includes(file)).map(({ name }) => name));
  return { ...folder, files, manifest: selectEntries(manifest, (name) => !others.has(name)) };
}

// At the beginning of a comment, or of a line in one.
const mark = /^[ \t]*(?:\/\/|--|\/?\*+)?[ \t]*@shared(?![\w-])/m;
const anyMention = /^[ \t]*(?:\/\/|--|\/?\*).*@shared(?![\w-])/m;

/** Throws a `RefusedError` for a mark that may be meant or not: a wrong guess would put a table into the wrong schema. */
function isShared(file: MigrationFile): boolean {
  if (file.listed) return file.listed.shared === true;
  const source = readSource(file).toString();
  if (mark.test(source)) return true;
  if (!anyMention.test(source)) return false;
  throw new RefusedError(
    `${file.name} says "@shared" in a comment, but not at its beginning: put it there if all tenants share what it makes, or write it in another way. Nothing was changed`,
  );
}
