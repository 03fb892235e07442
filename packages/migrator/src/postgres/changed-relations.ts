import type { Node, RangeVar } from "libpg-query";
import { findNodes, namesOf } from "./parse.ts";

/** Names of tables, views, sequences and indexes that statements name without a schema. */
export interface ChangedRelations {
  /** What they change, fill, empty or drop. */
  readonly changed: readonly string[];
  /** What they make. */
  readonly made: readonly string[];
}

const kinds = [
  ...(["AlterTableStmt", "RenameStmt", "TruncateStmt", "DeleteStmt", "UpdateStmt", "InsertStmt", "MergeStmt"] as const),
  ...(["IndexStmt", "CreateTrigStmt", "RuleStmt", "CreatePolicyStmt", "AlterPolicyStmt", "AlterSeqStmt"] as const),
  ...(["DropStmt", "CreateStmt", "CreateTableAsStmt", "ViewStmt", "CreateSeqStmt"] as const),
];

/**
 * Finds what a text of SQL changes and makes when it runs, in DO blocks too; what a function or view does that it defines
 * does not count. Nothing where PostgreSQL's parser does not take the text.
 */
export async function findChangedRelations(sql: string): Promise<ChangedRelations> {
  const found = (await findNodes(sql, kinds)).map(({ kind, node }) => read(kind, node));
  return { changed: found.flatMap(({ changed = [] }) => changed), made: found.flatMap(({ made = [] }) => made) };
}

/** The parts of these statements that name a relation. */
interface Statement {
  readonly relation?: RangeVar;
  readonly relations?: readonly Node[];
  readonly table?: RangeVar;
  readonly sequence?: RangeVar;
  readonly view?: RangeVar;
  readonly objects?: readonly Node[];
  readonly removeType?: string;
  readonly idxname?: string;
  readonly newname?: string;
  readonly into?: { readonly rel?: RangeVar };
}

const droppedRelations: ReadonlySet<string | undefined> = new Set(
  ["TABLE", "VIEW", "MATVIEW", "SEQUENCE", "INDEX"].map((name) => `OBJECT_${name}`),
);

function read(kind: (typeof kinds)[number], node: Statement): Partial<ChangedRelations> {
  switch (kind) {
    case "CreateStmt":
      return { made: nameOf(node.relation) };
    case "CreateSeqStmt":
      return { made: nameOf(node.sequence) };
    case "ViewStmt":
      return { made: nameOf(node.view) };
    case "CreateTableAsStmt":
      return { made: nameOf(node.into?.rel) };
    case "DropStmt":
      return droppedRelations.has(node.removeType) ? { changed: (node.objects ?? []).flatMap(unqualified) } : {};
    case "TruncateStmt":
      return { changed: (node.relations ?? []).flatMap((one) => ("RangeVar" in one ? nameOf(one.RangeVar) : [])) };
    default:
      return {
        changed: nameOf(node.relation ?? node.table ?? node.sequence),
        made: [node.idxname, node.newname].filter((name) => name !== undefined),
      };
  }
}

function nameOf(relation: RangeVar | undefined): string[] {
  const { relname, schemaname } = relation ?? {};
  return relname === undefined || schemaname !== undefined ? [] : [relname];
}

function unqualified(object: Node): string[] {
  const names = namesOf(object);
  return names.length === 1 ? names : [];
}
