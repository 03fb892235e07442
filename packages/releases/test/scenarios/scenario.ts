import type { EntitySchema, Options } from "@mikro-orm/postgresql";

/** What a release meets; `depends`: it breaks or goes wrong only with certain rows or values. */
export type Verdict = "works" | "breaks" | "wrong" | "depends" | "unknown";

/** What a release does; `call` is SQL of a repository's method. */
export type Operation = "read" | "filter" | "insert" | "update" | "delete" | "upsert" | "call";

/** The role that the releases connect as: it owns nothing, and may read and write every table. */
export const role = "scenario_app";

/** The role that makes the schema and owns it. */
export const owner = "scenario_owner";

/** What one operation meets. */
export interface Expectation {
  readonly verdict: Verdict;
  /** Of the error that ends it; several where the versions of PostgreSQL differ; none: an error of MikroORM. */
  readonly sqlState?: string | readonly string[];
  /** `items.note`: what a finding must name. */
  readonly column?: string;
  /** The entities that it is about; left out: all. */
  readonly on?: string | readonly string[];
}

/** What each operation meets; an operation that is left out works. */
export type Expected = Partial<Record<Operation, Expectation | readonly Expectation[]>>;

/** Properties of an entity, a relation by the key of its target. */
export type Values = Readonly<Record<string, unknown>>;

/** Values that are sent besides the full and the minimal ones. */
export interface Extra {
  readonly on: string;
  /** What differs from the full values, for an update what changes. */
  readonly values: Values;
  /** True: every program with these models sends such values; otherwise a failure makes a `depends`. */
  readonly sure?: boolean;
  readonly operations?: readonly ("insert" | "update")[];
}

/** A search besides those by the value of each column. */
export interface Search {
  readonly on: string;
  readonly where: Values;
  readonly orderBy?: Values;
  readonly populate?: readonly string[];
  /** True: the program takes it that no more than one row comes. */
  readonly single?: boolean;
  /** False: not every program with these models searches so. */
  readonly sure?: boolean;
}

/** An upsert besides that of each row by its key. */
export interface Upsert {
  readonly on: string;
  readonly values: Values;
  readonly conflict?: readonly string[];
  /** Left out: both. */
  readonly by?: "old" | "new";
}

/** A statement of a repository's method. */
export interface Call {
  readonly name: string;
  readonly by: "old" | "new" | "both";
  /** With `?` for parameters. */
  readonly sql: string;
  readonly parameters?: readonly unknown[];
}

/** The values that are written to one entity. */
export interface Writes {
  /** A value for each property that may be sent, other than in the rows. A release sends those that it knows. */
  readonly full: Values;
  /** The properties without which no entity can be made. */
  readonly minimal: readonly string[];
}

/** A change of a schema between two releases of MikroORM models. */
export interface Scenario {
  /** The row of the table in `rolling-releases.md`, in its words; "harmless" for the control list. */
  readonly row: string;
  readonly name: string;
  /** The SQL of the schema at which the old release was made, in an empty database. */
  readonly before: readonly string[];
  /** The SQL of the rows that are there before the step. */
  readonly rows: readonly string[];
  readonly migration: readonly string[];
  readonly old: () => EntitySchema[];
  readonly new: () => EntitySchema[];
  /** By entity. */
  readonly writes: Readonly<Record<string, Writes>>;
  /** By entity, where the newer release sends other values. */
  readonly newWrites?: Readonly<Record<string, Writes>>;
  readonly extras?: readonly Extra[];
  readonly searches?: readonly Search[];
  readonly upserts?: readonly Upsert[];
  readonly calls?: readonly Call[];
  /** What is persisted in one flush, in this order. */
  readonly together?: readonly { readonly on: string; readonly values: Values }[];
  /** True: the program reads with `fields` too, which lists the columns. */
  readonly listed?: boolean;
  /** The SQL of rows from before that are not in every database: what fails with them alone is a `depends`. */
  readonly unusualRows?: readonly string[];
  /** The SQL of rows as the newer release writes them, where it has tables that the old one does not know. */
  readonly newRows?: readonly string[];
  /** Queries whose answer no operation of the old release may change: what it does not know of. */
  readonly unseen?: readonly string[];
  /** What an insert without a value must read back, where the step says so: a new default. */
  readonly defaults?: Values;
  /** True: the newer release does not run, for the step leaves it no right to. */
  readonly onlyOld?: boolean;
  /** Settings of MikroORM besides the entities. */
  readonly options?: Partial<Options>;
  /** What the old release meets on the new schema. */
  readonly oldOnNew: Expected;
  /** What the newer release meets on the schema before the step. */
  readonly newOnOld: Expected;
  /** What each meets in what the other wrote, both on the new schema, besides what the schema alone does to it. */
  readonly pair?: { readonly old?: Expected; readonly new?: Expected };
}

/** What is expected of an operation, as a list. */
export function expectationsOf(expected: Expected, operation: Operation): readonly Expectation[] {
  const found = expected[operation];
  if (!found) return [];
  return "verdict" in found ? [found] : found;
}
