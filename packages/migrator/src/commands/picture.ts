import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { readCatalog } from "../catalog/catalog.ts";
import { connect } from "../connect.ts";
import { ConfigurationError } from "../errors.ts";
import type { AreaNames } from "./areas.ts";
import { type Diagram, diagramOf } from "./diagram.ts";
import { draw, formatOf } from "./draw.ts";
import type { LedgerTable } from "../tables.ts";

/** A picture of the schema that is kept current. */
export interface Picture {
  /** Its ending says how it is drawn: `.svg`, `.mmd` or `.md`. */
  readonly file: string;
  readonly areas?: AreaNames | undefined;
}

/** Reads the schema of the database at `dsn` as a diagram. Throws a `ConfigurationError` for areas that do not fit. */
export async function readDiagram(dsn: string, ledger: LedgerTable, areas?: AreaNames): Promise<Diagram> {
  const connection = await connect(dsn, "migrator erd");
  try {
    return diagramOf(await readCatalog(connection.query, ledger), areas);
  } finally {
    await connection.close();
  }
}

/** Whether the picture's file shows the database at `dsn`; with `fix` it does so afterwards. */
export async function keepPicture(
  { file, areas }: Picture,
  { dsn, ledger, fix }: { dsn: string; ledger: LedgerTable; fix: boolean },
): Promise<"current" | "written" | "missing" | "stale"> {
  const wanted = await draw(await readDiagram(dsn, ledger, areas), formatOf(file));
  const found = await readPicture(file);
  // A checkout on Windows may have its own line ends.
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

/** Throws a `ConfigurationError` where there is no folder for a picture that somebody asks for: it may be mistyped. */
export async function findFolder(file: string): Promise<void> {
  const folder = path.dirname(file);
  const found = await stat(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "ENOENT" && cause.code !== "ENOTDIR") refuse(file, cause);
  });
  if (found?.isDirectory()) return;
  throw new ConfigurationError(
    `There is no folder ${folder} for the picture ${file}: make it first, or name another one`,
  );
}

/** Writes a picture in one step, into a folder that is there. Throws a `ConfigurationError` where it cannot. */
export async function writePicture(file: string, text: string): Promise<void> {
  const next = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(next, text, { flush: true });
    await rename(next, file);
  } catch (cause) {
    refuse(file, cause as Error);
  }
}

function refuse(file: string, cause: Error): never {
  throw new ConfigurationError(`The picture ${file} cannot be written: ${cause.message}`, { cause });
}
