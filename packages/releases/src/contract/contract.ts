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
  /** SHA-256 of everything but the version: releases of one digest need the same. */
  readonly digest: string;
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
  /** Properties without a column: a column of that name would fill them. */
  readonly unmapped: readonly { readonly name: string; readonly takes: "collection" | "value" }[];
  /** The values of the column that tells the classes apart; null: one class. */
  readonly discriminator: { readonly column: string; readonly values: readonly string[] } | null;
}

/** What an entity gets of a column's value. */
export type JsType = "string" | "number" | "bigint" | "boolean" | "date" | "json" | "array" | "buffer" | "unknown";

/** A column that a property maps. */
export interface ContractColumn {
  readonly column: string;
  /** `User.email`. */
  readonly property: string;
  readonly js: JsType;
  /** True: MikroORM converts what the driver gives, so that a number that comes as text is still one. */
  readonly converts: boolean;
  /** True: null is a value of the property. */
  readonly nullable: boolean;
  /** The values that the property takes; null: any. */
  readonly items: readonly string[] | null;
  /** True: MikroORM throws where a row has another value. */
  readonly itemsRefused: boolean;
  /** Who gives the value where the program gives none: MikroORM, the server, or nobody. */
  readonly default: "client" | "server" | null;
}

/** What a statement does to the rows of a table. */
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
  /** What stands for each parameter: its type, as PostgreSQL infers it, and a value that was sent. */
  readonly parameters: readonly RecordedParameter[];
  /** The columns that it names, `public.users.email`. */
  readonly columns: readonly string[];
  /** The tables of which it takes all columns by `*`. */
  readonly stars: readonly string[];
}

/** A parameter of a recorded statement. */
export interface RecordedParameter {
  /** The column that it is for, `public.users.email`; null: not known. */
  readonly column: string | null;
  readonly type: string;
  /** As text, as PostgreSQL reads it. */
  readonly value: string | null;
}
