import type { Catalog } from "@thedata/catalog";

/** What one release of the models needs of a schema, as plain data. */
export interface Contract {
  readonly format: 1;
  /** The npm name of the models. */
  readonly package: string;
  /** The release, by semver. */
  readonly version: string;
  /** The version of MikroORM that sent the statements. */
  readonly orm: string;
  /** The newest migration when the contract was made. */
  readonly head: string;
  /** SHA-256 of everything but version and head, in hexadecimal: releases of one digest need the same. */
  readonly digest: string;
  /** SHA-256 of digest, package, version and head, in hexadecimal: an edit of one of them shows. */
  readonly seal: string;
  readonly tables: readonly ContractTable[];
  readonly statements: readonly RecordedStatement[];
  /** What nobody recorded, such as a repository's method: nothing is known of it. */
  readonly unrecorded: readonly string[];
  /** The mapped tables at `head`, with all that belongs to them. */
  readonly schema: Catalog;
}

/** A table that entities map. */
export interface ContractTable {
  /** As the catalog names it. */
  readonly table: string;
  /** The classes that map it: several with single table inheritance, none for a relation's own table. */
  readonly entities: readonly string[];
  readonly columns: readonly ContractColumn[];
  /** Names of properties that no column has: MikroORM would put a column of such a name into the property. */
  readonly unmapped: readonly string[];
  /** Those of them that hold other entities. */
  readonly collections: readonly string[];
}

/**
 * What a driver gives for the values of a type: int8 and numeric come as text. MikroORM 7 on `pg`, found by running it.
 */
export const families = [
  "number",
  "numeric",
  "boolean",
  "text",
  "timestamp",
  "date",
  "time",
  "json",
  "array",
  "bytes",
] as const;
export type Family = (typeof families)[number];

/** A column that a property maps. */
export interface ContractColumn {
  readonly column: string;
  /** `User.email`. */
  readonly property: string;
  /** The families in which a value, as the driver gives it, becomes the same value of the property. */
  readonly accepts: readonly Family[];
  /** The families whose values MikroORM throws at. */
  readonly refuses: readonly Family[];
  /** True: null is a value of the property. */
  readonly nullable: boolean;
  /** The values that the property takes; null: any. */
  readonly items: readonly string[] | null;
  /** What MikroORM does with another value: throws when a row has it, throws when the entity is saved, or neither. */
  readonly otherItems: "refused" | "not saved" | "taken";
  /** Who gives the value where the program gives none: MikroORM, the server, or nobody. */
  readonly default: "client" | "server" | null;
  /** True: MikroORM never writes it. */
  readonly readOnly: boolean;
}

/** What a statement does to the rows of a table; `call`: SQL of the program's own. */
export type Operation = "read" | "filter" | "insert" | "update" | "delete" | "upsert" | "call";

/** A statement as MikroORM sent it. */
export interface RecordedStatement {
  /** `User.find`, `User.insert`, `UserRepository.findByEmail`. */
  readonly name: string;
  readonly operation: Operation;
  /** The table that it is about; null: SQL of the program's own. */
  readonly table: string | null;
  /** With `$1` for parameters. */
  readonly sql: string;
  readonly parameters: readonly RecordedParameter[];
  /** The columns that it names, `public.users.email`. */
  readonly columns: readonly string[];
  /** The columns of its table that it writes, without the table; of a statement that MikroORM made. */
  readonly writes: readonly string[];
  /** The columns of its table that it takes back by RETURNING. */
  readonly returns: readonly string[];
  /** The tables and views that it reads or writes. */
  readonly relations: readonly string[];
  /** The functions that it calls, `public.next_number(integer)`. */
  readonly functions: readonly string[];
  /** The columns of ON CONFLICT; null: there is none. */
  readonly conflict: readonly string[] | null;
  /** True: the models do not say that the program sends it; the schema lets it. */
  readonly assumed: boolean;
}

/** A parameter of a recorded statement. */
export interface RecordedParameter {
  /** The column that it is for, `public.users.email`; null: not known. */
  readonly column: string | null;
  /** As PostgreSQL infers it. */
  readonly type: string;
  /** A value that was sent, as text; null: null, or one that differs from run to run. */
  readonly value: string | null;
}
