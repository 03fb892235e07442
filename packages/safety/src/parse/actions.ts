import type { Node, ObjectType } from "@pgsql/types";
import { type Name, type Type } from "./syntax.ts";

/** A column as CREATE TABLE or ADD COLUMN writes it. */
export interface ColumnDefinition {
  readonly name: string;
  readonly type: Type;
  readonly notNull: boolean;
  readonly default: Node | undefined;
  readonly generated: "stored" | "virtual" | undefined;
  /** The columns that a generated one is computed from. */
  readonly uses: readonly string[];
  /** True for serial columns too. */
  readonly identity: boolean;
  /** True: a sequence of its own numbers it, which does not follow its type. */
  readonly isSerial: boolean;
  readonly collation: boolean;
  readonly constraints: readonly ConstraintDefinition[];
}

/** A constraint as SQL writes it. */
export interface ConstraintDefinition {
  readonly name: string | undefined;
  readonly kind: "check" | "foreign key" | "unique" | "primary key" | "exclude" | "not null";
  readonly columns: readonly string[];
  readonly expression: Node | undefined;
  readonly validated: boolean;
  readonly enforced: boolean;
  readonly references: { readonly table: Name; readonly columns: readonly string[] } | undefined;
  /** `USING INDEX name`. */
  readonly index: string | undefined;
  readonly onDeleteSetNull: boolean;
}

/** One thing that a statement does; ALTER TABLE with several commands does several. */
export type Action =
  | {
      readonly do: "create table";
      readonly table: Name;
      readonly columns: readonly ColumnDefinition[];
      readonly constraints: readonly ConstraintDefinition[];
      readonly temporary: boolean;
      readonly unlogged: boolean;
      readonly ifNotExists: boolean;
      readonly partitioned: boolean;
      readonly partitionKey: readonly string[];
      readonly partitionOf: Name | undefined;
      readonly isDefault: boolean;
      readonly parents: readonly Name[];
      /** The columns are copied from there. */
      readonly like: Name | undefined;
    }
  | {
      readonly do: "create table as";
      readonly table: Name;
      readonly materialized: boolean;
      readonly query: Node | undefined;
      readonly withData: boolean;
      readonly temporary: boolean;
      readonly unlogged: boolean;
    }
  | { readonly do: "create view"; readonly view: Name; readonly replace: boolean; readonly query: Node | undefined }
  | {
      readonly do: "create index";
      readonly index: string | undefined;
      readonly table: Name;
      readonly concurrently: boolean;
      readonly unique: boolean;
      readonly ifNotExists: boolean;
      /** False: `ON ONLY`. */
      readonly recursive: boolean;
      readonly columns: readonly (string | undefined)[];
      readonly partial: boolean;
      readonly method: string;
      readonly plainOrder: boolean;
      /** Every column that it is over, includes, or names in an expression or its condition. */
      readonly uses: readonly string[];
      /** The functions that its expressions and its condition call. */
      readonly calls: readonly string[];
    }
  | {
      readonly do: "drop";
      readonly type: ObjectType;
      readonly name: Name;
      readonly concurrently: boolean;
      readonly cascade: boolean;
      readonly ifExists: boolean;
      /** How many objects the statement drops. */
      readonly count: number;
    }
  | { readonly do: "alter table"; readonly table: Name; readonly change: Change; readonly ifExists: boolean }
  | {
      readonly do: "rename";
      readonly type: ObjectType;
      readonly relation: Name;
      readonly from: string;
      readonly to: string;
    }
  | { readonly do: "set schema"; readonly type: ObjectType; readonly relation: Name; readonly to: string }
  | { readonly do: "truncate"; readonly tables: readonly Name[]; readonly cascade: boolean }
  | {
      readonly do: "insert" | "update" | "delete" | "merge" | "copy from";
      readonly table: Name;
      readonly where: Node | undefined;
      readonly node: Node;
    }
  | { readonly do: "select"; readonly node: Node; readonly locking: boolean }
  | { readonly do: "lock"; readonly tables: readonly Name[]; readonly mode: number }
  | { readonly do: "refresh"; readonly view: Name; readonly concurrently: boolean; readonly withData: boolean }
  | { readonly do: "reindex"; readonly kind: string; readonly name: Name; readonly concurrently: boolean }
  | { readonly do: "vacuum"; readonly full: boolean; readonly tables: readonly Name[]; readonly analyze: boolean }
  | { readonly do: "analyze"; readonly tables: readonly Name[] }
  | { readonly do: "cluster"; readonly table: Name }
  | {
      readonly do: "create trigger";
      readonly table: Name;
      readonly trigger: string;
      readonly calls: string;
      /** The columns of UPDATE OF. */
      readonly columns: readonly string[];
      /** The columns that its WHEN looks at. */
      readonly watches: readonly string[];
      readonly onUpdate: boolean;
    }
  | { readonly do: "create rule"; readonly table: Name; readonly rule: string; readonly columns: readonly string[] }
  | { readonly do: "create policy"; readonly table: Name; readonly columns: readonly string[] }
  | { readonly do: "create schema"; readonly name: string }
  | {
      readonly do: "create function";
      readonly name: Name;
      readonly replace: boolean;
      readonly securityDefiner: boolean;
      readonly setsSearchPath: boolean;
      readonly volatility: "i" | "s" | "v";
      readonly body: string;
    }
  | { readonly do: "alter function"; readonly name: Name; readonly volatility: "i" | "s" | "v" }
  | { readonly do: "add enum value"; readonly type: Name; readonly value: string; readonly placed: boolean }
  | { readonly do: "rename enum value"; readonly type: Name; readonly value: string }
  | { readonly do: "create enum"; readonly type: Name }
  | {
      readonly do: "create domain";
      readonly type: Name;
      readonly base: Type;
      readonly constrained: boolean;
      readonly notNull: boolean;
    }
  | {
      readonly do: "alter domain";
      readonly type: Name;
      readonly change: "add constraint" | "set not null" | "validate" | "other";
      readonly validated: boolean;
    }
  | {
      readonly do: "set";
      readonly name: string;
      readonly value: string | undefined;
      readonly local: boolean;
      readonly values: readonly string[];
    }
  | { readonly do: "transaction"; readonly kind: string }
  | {
      readonly do: "do";
      /** Undefined: a procedure or prepared statement, whose code is elsewhere. */
      readonly code: string | undefined;
    }
  | { readonly do: "create extension"; readonly version: string | undefined; readonly name: string }
  | { readonly do: "cluster-wide"; readonly what: string }
  | { readonly do: "create statistics"; readonly table: Name }
  | { readonly do: "alter sequence"; readonly sequence: Name; readonly type: string | undefined }
  | { readonly do: "publication"; readonly what: string }
  | { readonly do: "grant" | "comment" | "other"; readonly what: string };

/** What ALTER TABLE does. */
export type Change =
  | { readonly do: "add column"; readonly column: ColumnDefinition; readonly ifNotExists: boolean }
  | { readonly do: "drop column"; readonly column: string; readonly cascade: boolean; readonly ifExists: boolean }
  | {
      readonly do: "set type";
      readonly column: string;
      readonly type: Type;
      readonly using: Node | undefined;
      readonly collation: boolean;
    }
  | {
      readonly do: "set not null" | "drop not null" | "drop default" | "add identity" | "drop expression";
      readonly column: string;
    }
  | { readonly do: "set default"; readonly column: string; readonly default: Node }
  | { readonly do: "set expression"; readonly column: string }
  | { readonly do: "add constraint"; readonly constraint: ConstraintDefinition }
  | {
      readonly do: "validate" | "drop constraint";
      readonly constraint: string;
      readonly cascade: boolean;
      readonly ifExists: boolean;
    }
  | { readonly do: "attach"; readonly partition: Name; readonly isDefault: boolean; readonly bound: Node | undefined }
  | { readonly do: "detach"; readonly partition: Name; readonly concurrently: boolean }
  | { readonly do: "trigger"; readonly enable: boolean; readonly trigger: string | undefined }
  | { readonly do: "row security"; readonly enable: boolean; readonly force: boolean }
  | { readonly do: "replica identity"; readonly kind: string; readonly index: string | undefined }
  | { readonly do: "storage"; readonly what: "logged" | "unlogged" | "access method" | "tablespace" }
  | { readonly do: "options"; readonly options: Readonly<Record<string, string>> }
  | { readonly do: "statistics" | "owner" | "cluster on" | "inherit" | "no inherit" | "other"; readonly what: string };
