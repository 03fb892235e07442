import { readFile } from "node:fs/promises";
import { readDeclaredLosses } from "../history/declared-losses.ts";
import type { MigrationFile } from "../history/folder.ts";

/** Says whether a migration declares that it loses a table's rows, or a column's values. */
export type Declares = (table: string, column: string | null) => boolean;

/** Reads the losses that a migration declares: lines `@loses users.legacy, audit.entries` in a comment of its file. */
export async function readDeclares({ path, listed }: MigrationFile): Promise<Declares> {
  const declared = new Set(readDeclaredLosses(listed ? "" : await readFile(path, "utf8")));
  return (table, column) => {
    const tables = [table, table.replace(/^public\./, "")].map((name) => name.replaceAll('"', ""));
    return tables.some((name) => declared.has(name) || (column !== null && declared.has(`${name}.${column}`)));
  };
}
