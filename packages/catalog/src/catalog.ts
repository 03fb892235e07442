/** Every kind of schema object, in an order in which they can be created. */
export const kinds = [
  "schema",
  "extension",
  "collation",
  "enum",
  "domain",
  "type",
  "range",
  "sequence",
  "function",
  "table",
  "column",
  "constraint",
  "view",
  "index",
  "trigger",
  "policy",
  "rule",
  "statistics",
  "event trigger",
  "comment",
] as const;

export type Kind = (typeof kinds)[number];

/** The value of an object's property; a missing key means PostgreSQL's default. */
export type Property = string | number | boolean | readonly string[];

/** One object of a schema. */
export interface CatalogObject {
  readonly kind: Kind;
  /** With its schema, and with its table where the name is unique only within the table; quoted where SQL needs it. */
  readonly name: string;
  /** The table that it belongs to, or null. */
  readonly table: string | null;
  /** Its order within its kind: columns in the order of the table. Not compared. */
  readonly position: number;
  /** True for a column that comes from a parent table: changes of the parent's column apply to it. Not compared. */
  readonly inherited: boolean;
  /** As PostgreSQL writes them, with every name qualified. */
  readonly properties: Readonly<Record<string, Property>>;
}

/** A schema as plain data: objects in the order of `kinds`, then by name. */
export type Catalog = readonly CatalogObject[];

/** Sends one statement to a database and gives its rows. */
export type Query = <Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;
