import type { Node, RangeVar } from "libpg-query";
import { findNodes, namesOf, type NodeOf } from "../postgres/parse.ts";

/** Data that goes with a statement, by the names that it has before the first of all statements. */
export interface Removed {
  /** Null: wherever the search path finds the table. */
  readonly schema: string | null;
  /** Null: every table of the schema. */
  readonly table: string | null;
  /** Null: whole rows. */
  readonly column: string | null;
}

const kinds = [
  "DropStmt",
  "TruncateStmt",
  "DeleteStmt",
  "AlterTableStmt",
  "RenameStmt",
  "AlterObjectSchemaStmt",
] as const;
type Statement = NodeOf<(typeof kinds)[number]>;

/** Gives the name that something has before a statement, of the name that it has after it. */
type Rename = (removed: Removed) => Removed;

/**
 * Finds the tables and columns that each of some steps drops or empties; the steps are lists of statements, in the order
 * in which they run. Renames are followed back, also from step to step. Not seen is what a function does that is called,
 * what CASCADE takes of other tables, and SQL that is put together at run time.
 */
export async function findRemoved(steps: readonly (readonly string[])[]): Promise<Removed[][]> {
  const renames: Rename[] = [];
  const found: Removed[][] = [];
  for (const statements of steps) {
    const removed: Removed[] = [];
    for (const one of (await Promise.all(statements.map(async (sql) => await findNodes(sql, kinds)))).flat()) {
      removed.push(...removedBy(one).map((name) => renames.reduceRight((later, rename) => rename(later), name)));
      renames.push(...renameBy(one));
    }
    found.push(removed);
  }
  return found;
}

function removedBy({ kind, node }: Statement): Removed[] {
  if (kind === "TruncateStmt") return (node.relations ?? []).flatMap(toTable);
  if (kind === "DeleteStmt") return node.whereClause ? [] : [tableOf(node.relation)];
  if (kind === "AlterTableStmt")
    return droppedColumns(node.cmds ?? []).map((column) => ({ ...tableOf(node.relation), column }));
  if (kind !== "DropStmt") return [];
  const names = (node.objects ?? []).map(namesOf);
  if (node.removeType === "OBJECT_SCHEMA")
    return names.map(([schema = null]) => ({ schema, table: null, column: null }));
  if (node.removeType !== "OBJECT_TABLE") return [];
  return names.map((parts) => ({ schema: parts.at(-2) ?? null, table: parts.at(-1) ?? "", column: null }));
}

function droppedColumns(commands: readonly Node[]): string[] {
  return commands.flatMap((one) =>
    "AlterTableCmd" in one && one.AlterTableCmd.subtype === "AT_DropColumn" ? [one.AlterTableCmd.name ?? ""] : [],
  );
}

function renameBy({ kind, node }: Statement): Rename[] {
  if (kind !== "RenameStmt" && kind !== "AlterObjectSchemaStmt") return [];
  const before = tableOf(node.relation);
  if (kind === "AlterObjectSchemaStmt")
    return [
      (one) => (isOf(one, { ...before, schema: node.newschema ?? null }) ? { ...one, schema: before.schema } : one),
    ];
  const { renameType, newname, subname = "" } = node;
  if (renameType === "OBJECT_TABLE")
    return [(one) => (isOf(one, { ...before, table: newname ?? "" }) ? { ...one, table: before.table } : one)];
  if (renameType !== "OBJECT_COLUMN") return [];
  return [(one) => (isOf(one, before) && one.column === newname ? { ...one, column: subname } : one)];
}

function isOf(one: Removed, other: Removed): boolean {
  return one.table === other.table && (one.schema ?? "public") === (other.schema ?? "public");
}

function tableOf({ schemaname, relname }: RangeVar = {}): Removed {
  return { schema: schemaname ?? null, table: relname ?? "", column: null };
}

const toTable = (one: Node) => ("RangeVar" in one ? [tableOf(one.RangeVar)] : []);
