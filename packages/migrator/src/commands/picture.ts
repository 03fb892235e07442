import { mkdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { readCatalog } from "@thedata/catalog";
import { connect } from "../postgres/connection.ts";
import { ConfigurationError } from "../errors.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";
import type { LedgerTable } from "../ledger/tables.ts";
import { replaceFile } from "../replace-file.ts";

/** The format of a picture; Markdown is Mermaid within a fence. */
export type PictureFormat = "svg" | "mermaid" | "markdown";

/** The tables of each area of a picture, by the area's name. */
export type AreaNames = Readonly<Record<string, readonly string[]>>;

/** What a picture shows. */
export interface Diagram {
  readonly areas: readonly { readonly name: string }[];
  readonly tables: readonly {
    readonly name: string;
    readonly columns: readonly { readonly name: string; readonly type: string }[];
  }[];
  readonly relations: readonly object[];
}

/** A picture of the schema that is kept current. */
export interface Picture {
  /** Its ending decides the format: `.svg`, `.mmd` or `.md`. */
  readonly file: string;
  readonly areas?: AreaNames | undefined;
}

const endings = new Map<string | undefined, PictureFormat>([
  ["svg", "svg"],
  ["mmd", "mermaid"],
  ["md", "markdown"],
]);

/** The format of a picture by its file's ending. Throws a `ConfigurationError` for any other. */
export function formatOf(file: string): PictureFormat {
  const format = endings.get(/\.([^./\\]+)$/.exec(file)?.[1]);
  if (format) return format;
  throw new ConfigurationError(`"${file}" ends in none of .svg, .mmd (Mermaid) and .md: its ending says what is drawn`);
}

/**
 * Draws the schema of the database at `dsn`. Throws a `ConfigurationError` for areas that do not fit, and where the
 * package that draws is not installed.
 */
export async function drawDatabase(
  { dsn, ledger }: { readonly dsn: string; readonly ledger: LedgerTable },
  format: PictureFormat,
  areas?: AreaNames,
): Promise<{ readonly text: string; readonly diagram: Diagram }> {
  const { AreasError, diagramOf, draw } = await loadErd();
  const connection = await connect(dsn, "migrator erd");
  try {
    const diagram = diagramOf(await readCatalog(connection.query, scopeOf(ledger)), areas);
    return { text: await draw(diagram, format), diagram };
  } catch (error) {
    throw error instanceof AreasError ? new ConfigurationError(error.message, { cause: error }) : error;
  } finally {
    await connection.close();
  }
}

const loadErd = async () =>
  await import("@thedata/erd").catch((cause: Error) => {
    throw new ConfigurationError("A picture is drawn by the package @thedata/erd: npm install @thedata/erd", { cause });
  });

/** Compares the picture's file with the database at `dsn`; with `fix`, writes the file where it differs. */
export async function keepPicture(
  { file, areas }: Picture,
  { dsn, ledger, fix }: { dsn: string; ledger: LedgerTable; fix: boolean },
): Promise<"current" | "written" | "missing" | "stale"> {
  const { text: wanted } = await drawDatabase({ dsn, ledger }, formatOf(file), areas);
  const found = await readPicture(file);
  // A checkout on Windows may have CRLF line ends.
  if (found?.replaceAll("\r\n", "\n") === wanted) return "current";
  if (!fix) return found === undefined ? "missing" : "stale";
  await mkdir(path.dirname(file), { recursive: true }).catch((cause: Error) => refuse(file, cause));
  await writePicture(file, wanted);
  return "written";
}

async function readPicture(file: string): Promise<string | undefined> {
  return await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new ConfigurationError(`The picture ${file} cannot be read: ${error.message}`);
  });
}

/** Throws a `ConfigurationError` where the folder of a requested picture does not exist: it may be mistyped. */
export async function findFolder(file: string): Promise<void> {
  const folder = path.dirname(file);
  const found = await stat(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "ENOENT" && cause.code !== "ENOTDIR") refuse(file, cause);
  });
  if (found?.isDirectory()) return;
  throw new ConfigurationError(
    `There is no folder ${folder} for the picture ${file}: create it first, or name another folder`,
  );
}

/** Writes a picture in one step, into an existing folder. Throws a `ConfigurationError` where it cannot. */
export async function writePicture(file: string, text: string): Promise<void> {
  try {
    await replaceFile(file, text);
  } catch (cause) {
    refuse(file, cause as Error);
  }
}

function refuse(file: string, cause: Error): never {
  throw new ConfigurationError(`The picture ${file} cannot be written: ${cause.message}`, { cause });
}
