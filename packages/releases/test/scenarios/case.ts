import type { AnyEntity, EntityManager, EntityMetadata } from "@mikro-orm/postgresql";
import type { Release, Rows } from "./release.ts";
import type { Operation, Scenario, Values, Writes } from "./scenario.ts";
import type { State } from "./state.ts";

/** What an operation gave; what is left out could not be had or does not belong to it. */
export interface Result {
  readonly rows?: Rows;
  /** The written row as PostgreSQL has it, by column. */
  readonly stored?: Values;
  /** Keys in the order in which they came. */
  readonly keys?: readonly string[];
  /** True: no more than one may come. */
  readonly isSingle?: boolean;
  /** The number of rows by entity after a flush. */
  readonly counts?: Readonly<Record<string, number>>;
  /** The entity in memory after the flush. */
  readonly memory?: State;
  /** By entity, after a delete. */
  readonly left?: Readonly<Record<string, Rows>>;
  /** The number of rows that the statement says it changed. */
  readonly changed?: number;
  readonly answer?: unknown;
}

/** One try of one operation. */
export interface Case {
  readonly operation: Operation;
  readonly entity: string;
  readonly name: string;
  readonly sure: boolean;
  /** True: it may fail at the release's own schema. */
  readonly optional: boolean;
  /** What is written. */
  readonly sent?: Values;
  run(em: EntityManager, release: Release, readable: ReadonlySet<string>): Promise<Result>;
}

/** An entity of a release with what is there and what is written. */
export interface Subject {
  readonly scenario: Scenario;
  readonly side: "old" | "new";
  readonly name: string;
  readonly meta: EntityMetadata;
  /** As the release reads them at its own schema, with the values. */
  readonly found: readonly AnyEntity[];
  readonly writes: Writes | undefined;
}
