import type { Command } from "./measure.ts";
import type { Migration } from "./migrations.ts";

/** A peer's folder with its migrations and configuration, and the database that it works on. */
export interface Project {
  readonly folder: string;
  readonly dsn: string;
  readonly migrations: readonly Migration[];
}

export type Language = "native" | "node" | "python";

/** One way to migrate a database: how its project is written, started, and proved to have done its work. */
export interface Peer {
  /** For `--peers`. */
  readonly id: string;
  /** For the report. */
  readonly label: string;
  /** Peers of one family share folders and databases: the same tool, started in another way. */
  readonly family: string;
  readonly language: Language;
  /** The workloads that it is part of; all unless told. */
  readonly workloads?: readonly string[];
  /** Whether it is quick enough for the smoke run. */
  readonly quick: boolean;
  /** Its version in words; throws an `AbsentError` where it is not installed. */
  findVersion(): Promise<string>;
  /** Writes migrations and configuration into the project's folder, which is there and empty. */
  write(project: Omit<Project, "dsn">): Promise<void>;
  /** Applies what is pending: all, nothing, or what `down` reverted. */
  up(project: Project, pending: "all" | "none" | "reverted"): Command;
  /** Reverts the last `steps`, each on its own. */
  down(project: Project, steps: number): Command;
  /** Lists the migrations by name; undefined where it has no such command. */
  list(project: Project): Command | undefined;
  /** How many names the list must show of `applied`; all unless told. */
  listed?(applied: number): number;
  /** A query for one value, and what it must give once the first `applied` migrations are recorded. */
  ledger(applied: number): { readonly sql: string; readonly value: string };
}

/** A peer's program is not on this machine; the message says how it comes there. */
export class AbsentError extends Error {}

/** A ledger that holds one row a migration. */
export function countRows(table: string): Peer["ledger"] {
  return (applied) => ({ sql: `select count(*) from ${table}`, value: String(applied) });
}
