import type { ColumnDefinition, ConstraintDefinition } from "../parse/actions.ts";
import type { Name, Type } from "../parse/syntax.ts";

/** A column as it is after the statements so far. */
export interface Column extends Omit<ColumnDefinition, "name" | "collation" | "constraints"> {
  /** True: this run added it. */
  readonly isNew: boolean;
}

/** A constraint as it is after the statements so far. */
export interface Constraint extends Omit<ConstraintDefinition, "name" | "references"> {
  readonly name: string;
  /** The referenced table, as `schema.table`. */
  readonly references: string | undefined;
  readonly referencedColumns: readonly string[];
  /** The number of the transaction that added it; undefined: it was there before the run. */
  readonly addedIn: number | undefined;
}

/** An index as it is after the statements so far. */
export interface Index {
  readonly name: string;
  /** `schema.table`. */
  readonly table: string;
  /** Undefined: an expression. */
  readonly columns: readonly (string | undefined)[];
  /** Every column that it names: also included ones, and those of expressions and its condition. */
  readonly uses: readonly string[];
  readonly unique: boolean;
  readonly partial: boolean;
  readonly method: string;
  readonly plainOrder: boolean;
  readonly valid: boolean;
  /** True: it carries a primary key, a unique or an exclusion constraint. */
  readonly ofConstraint: boolean;
  readonly isNew: boolean;
}

/** A trigger as it is after the statements so far. */
export interface Trigger {
  readonly calls: string;
  /** The columns of UPDATE OF; empty: any. */
  readonly columns: readonly string[];
  /** The columns that its WHEN looks at. */
  readonly watches: readonly string[];
  readonly onUpdate: boolean;
  readonly enabled: boolean;
}

/** A table, view or their like as it is after the statements so far. */
export interface Relation {
  /** `schema.table`. */
  name: string;
  kind: "table" | "partitioned table" | "view" | "materialized view";
  temporary: boolean;
  /** True: this run created it, and nothing has put rows into it since. */
  isEmpty: boolean;
  /** True: this run created it. */
  isNew: boolean;
  readonly columns: Map<string, Column>;
  readonly constraints: Map<string, Constraint>;
  readonly triggers: Map<string, Trigger>;
  /** The columns that each rewrite rule of the table takes from its row. */
  readonly rules: Map<string, readonly string[]>;
  /** The columns that policies name. */
  policyColumns: readonly string[];
  unlogged: boolean;
  /** `d`: the primary key; `i`: an index; `f`: the whole row; `n`: nothing. */
  replicaIdentity: { readonly kind: string; readonly index: string | undefined };
  parent: string | undefined;
  isDefaultPartition: boolean;
  /** The columns that rows are divided by; empty for expressions, and for what is not partitioned. */
  partitionKey: readonly string[];
  /** The relations that a view reads. */
  reads: readonly string[];
  /** The columns that a view takes from each of them. */
  columnsRead: ReadonlyMap<string, ReadonlySet<string>>;
  hasPolicies: boolean;
}

/** What is known of a function: `i`, `s` or `v`, as in `pg_proc.provolatile`. */
export type Volatility = "i" | "s" | "v";

/** What a linter knows of a database, statement by statement. */
export class Schema {
  readonly relations = new Map<string, Relation>();
  /** By `schema.index`. */
  readonly indexes = new Map<string, Index>();
  /** True: this run created it. */
  readonly enums = new Map<string, boolean>();
  readonly newSchemas = new Set<string>();
  /** Domains with a constraint, or without. */
  readonly domains = new Map<
    string,
    { readonly constrained: boolean; readonly notNull: boolean; readonly base: Type }
  >();
  /** Functions of the project by their names without a schema; the text of each body. */
  readonly functions = new Map<string, string>();
  readonly volatility = new Map<string, Volatility>();
  /** The functions that expressions of indexes, checks and generated columns call. */
  readonly indexExpressions: string[] = [];
  searchPath: readonly string[] = ["public"];
  /** False: tables may be there that nobody has told of, so that what is not known is not denied. */
  isComplete: boolean;

  constructor(isComplete: boolean) {
    this.isComplete = isComplete;
  }

  /** The full name of what `name` means under the search path: of a relation that is known, else in its first schema. */
  resolve(name: Name, among: { has(name: string): boolean } = this.relations): string {
    if (name.length > 1) return name.slice(-2).join(".");
    const [own = ""] = name;
    const schema = ["pg_temp", ...this.searchPath].find((one) => among.has(`${one}.${own}`));
    return `${schema ?? this.searchPath[0] ?? "public"}.${own}`;
  }

  /** The relation that `name` means; undefined where it is not known. */
  relation(name: Name): Relation | undefined {
    return this.relations.get(this.resolve(name));
  }

  /** The indexes of a table. */
  indexesOf(table: string): Index[] {
    return [...this.indexes.values()].filter((index) => index.table === table);
  }

  /** The partitions of a table, and theirs. */
  partitionsOf(table: string): Relation[] {
    const own = [...this.relations.values()].filter(({ parent }) => parent === table);
    return own.flatMap((partition) => [partition, ...this.partitionsOf(partition.name)]);
  }

  /** The foreign keys that refer to a table, with the tables that have them. */
  referencesTo(table: string): { readonly from: Relation; readonly constraint: Constraint }[] {
    return [...this.relations.values()].flatMap((from) =>
      [...from.constraints.values()]
        .filter(({ references }) => references === table)
        .map((constraint) => ({ from, constraint })),
    );
  }

  /** The views that read a relation, directly. */
  viewsOn(name: string): Relation[] {
    return [...this.relations.values()].filter(({ reads }) => reads.includes(name));
  }
}

/** The schema in a name. */
export function schemaName(name: string): string {
  return name.slice(0, name.indexOf("."));
}

/** A name without its schema. */
export function shortName(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}

/** True where rows may be there: not of a table that this run created and left empty, nor of a temporary one. */
export function mayHaveRows(relation: Relation | undefined): boolean {
  return !relation || !(relation.temporary || relation.isEmpty);
}
