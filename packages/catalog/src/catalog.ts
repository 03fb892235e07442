/** Every kind of object that a schema is made of, those that others are made of first. */
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

/** What is said of an object; a key that is missing is the same as PostgreSQL's default. */
export type Property = string | number | boolean | readonly string[];

/** One thing that a schema consists of. */
export interface CatalogObject {
  readonly kind: Kind;
  /** With its schema, and its table where it has no name of its own in there; quoted where SQL needs it. */
  readonly name: string;
  /** The table that it belongs to, or null. */
  readonly table: string | null;
  /** Where it stands among its like: columns in the order of the table. No part of what is compared. */
  readonly position: number;
  /** A column that came from a parent: what happens to that one happens to it. No part of what is compared. */
  readonly inherited: boolean;
  /** In PostgreSQL's own words, with every name qualified. */
  readonly properties: Readonly<Record<string, Property>>;
}

/** A schema as a plain value: kinds in the order in which they can be made, then by name. */
export type Catalog = readonly CatalogObject[];

/** Sends one statement to a database and gives its rows. */
export type Query = <Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;
