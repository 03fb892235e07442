import type { Node, RangeVar, ResTarget } from "libpg-query";
import { findNodes, type NodeOf } from "../postgres/parse.ts";

/** Rows that a migration changes. */
export interface MigrationWrite {
  /** With its schema and without quotes: `public.users`. */
  readonly table: string;
  /** The columns, by their own names; null: whole rows go. */
  readonly columns: readonly string[] | null;
}

type WritingNode = NodeOf<"UpdateStmt" | "DeleteStmt" | "MergeStmt" | "TruncateStmt">;

/**
 * Finds the rows that statements change, in the bodies of DO blocks too. Rows that are added are left out: a release
 * meets such rows anyway. Not seen is what a function does that is called, and SQL that is put together at run time.
 */
export async function findWrites(statements: readonly string[]): Promise<MigrationWrite[]> {
  const writes: MigrationWrite[] = [];
  for (const statement of statements)
    // Parsing each statement of a history would take longer than looking for the words.
    if (/\b(?:update|delete|merge|truncate)\b/i.test(statement)) writes.push(...(await findIn(statement)));
  return writes;
}

async function findIn(statement: string): Promise<MigrationWrite[]> {
  const nodes = await findNodes(statement, ["UpdateStmt", "DeleteStmt", "MergeStmt", "TruncateStmt"]);
  return nodes.flatMap(toWrites);
}

function toWrites({ kind, node }: WritingNode): MigrationWrite[] {
  if (kind === "TruncateStmt")
    return (node.relations ?? []).flatMap((one) => ("RangeVar" in one ? [toWrite(one.RangeVar, null)] : []));
  const { relation } = node;
  if (!relation) return [];
  if (kind === "MergeStmt")
    return mergeColumns(node.mergeWhenClauses ?? []).map((columns) => toWrite(relation, columns));
  return [toWrite(relation, kind === "UpdateStmt" ? columnsOf(node.targetList ?? []) : null)];
}

/** What each clause of MERGE does to rows that are there: the columns that it updates, or null where it deletes. */
function mergeColumns(clauses: readonly Node[]): (string[] | null)[] {
  return clauses.flatMap((one) => {
    if (!("MergeWhenClause" in one)) return [];
    const { commandType, targetList = [] } = one.MergeWhenClause;
    if (commandType === "CMD_DELETE") return [null];
    return commandType === "CMD_UPDATE" ? [columnsOf(targetList)] : [];
  });
}

function toWrite(
  { schemaname = "public", relname = "" }: RangeVar,
  columns: MigrationWrite["columns"],
): MigrationWrite {
  return { table: `${schemaname}.${relname}`, columns };
}

function columnsOf(targets: readonly object[]): string[] {
  return targets.flatMap((one) => ("ResTarget" in one ? [(one.ResTarget as ResTarget).name ?? ""] : []));
}
