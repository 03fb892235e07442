/** The parts of PostgreSQL's parse tree that warnings are made from; every part may be missing. */
export interface StatementNode {
  readonly DropStmt?: {
    readonly removeType: string;
    readonly behavior: string;
    readonly objects: readonly { readonly List: { readonly items: readonly Word[] } }[];
  };
  readonly IndexStmt?: {
    readonly unique?: boolean;
    readonly idxname: string;
    readonly relation: RelationNode;
    readonly indexParams: readonly { readonly IndexElem: { readonly name?: string } }[];
  };
  readonly AlterTableStmt?: {
    readonly objtype: string;
    readonly relation: RelationNode;
    readonly cmds: readonly { readonly AlterTableCmd: ClauseNode }[];
  };
}

/** A table as a statement names it. */
export interface RelationNode {
  readonly schemaname?: string;
  readonly relname: string;
}

/** One clause of ALTER TABLE. */
export interface ClauseNode {
  readonly subtype: string;
  readonly name?: string;
  readonly def?: { readonly ColumnDef?: ColumnNode; readonly Constraint?: ConstraintNode };
}

/** A column as it is added. */
export interface ColumnNode {
  readonly colname: string;
  readonly typeName?: { readonly names: readonly Word[] };
  readonly constraints?: readonly { readonly Constraint: ConstraintNode }[];
}

/** A constraint of a table or a column. */
export interface ConstraintNode {
  readonly contype: string;
  readonly conname?: string;
  readonly keys?: readonly Word[];
}

interface Word {
  readonly String: { readonly sval: string };
}

/** The texts of a list of names. */
export function wordsOf(list: readonly Word[]): string[] {
  return list.map(({ String: word }) => word.sval);
}
