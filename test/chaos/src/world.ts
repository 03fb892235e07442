import type { Direction } from "./migration.ts";
import type { Random } from "./random.ts";

/** A table that later migrations change: `id int primary key, n int not null, label text not null`. */
export interface Table {
  readonly name: string;
}

/** An index that a later migration may drop. */
export interface Index {
  readonly name: string;
  readonly definition: string;
}

/** An enum, and the table with a column `mood` of this type. */
export interface Enum {
  readonly name: string;
  readonly table: string;
  readonly values: string[];
}

/** The objects in the database before the next migration, and what its generator needs. */
export interface World {
  readonly random: Random;
  /** Two digits: the migration's number. */
  readonly id: string;
  readonly tables: Table[];
  readonly indexes: Index[];
  readonly enums: Enum[];
  /** Tables whose partition `_high`, from 10 to 20, a later migration may detach. */
  readonly partitioned: string[];
  /** A statement that counts its own executions; `statement` is its number within the migration. */
  count(direction: Direction, statement: number): string;
  /** A statement that counts its own executions and takes 10 to 100 ms. */
  countSlowly(direction: Direction, statement: number): string;
}

/** The number of counters of a migration for each direction. */
export const countersEach = 6;

/** The key of a counter. */
export function counterOf(id: string, direction: Direction, statement: number): string {
  return `${id}.${direction}.${statement}`;
}

/** SQL that adds one to a counter. */
export function countSql(id: string, direction: Direction, statement: number): string {
  return `update counters set n = n + 1 where id = '${counterOf(id, direction, statement)}'`;
}

/** SQL that adds one to a counter and takes `ms` milliseconds. */
export function countSlowlySql(id: string, direction: Direction, statement: number, ms: number): string {
  const seconds = (ms / 1000).toFixed(3);
  return `update counters set n = n + 1 from pg_sleep(${seconds}) where id = '${counterOf(id, direction, statement)}'`;
}

/** SQL that pauses for 10 to 100 ms. */
export function sleepSql(random: Random): string {
  return `select pg_sleep(${(random.int(10, 100) / 1000).toFixed(3)})`;
}
