import type { Command } from "./measure.ts";
import type { Migration } from "./migrations.ts";

/** A peer's folder with migrations and configuration, and its database. */
export interface Project {
  readonly folder: string;
  readonly dsn: string;
  readonly migrations: readonly Migration[];
}

export type Language = "native" | "node" | "python";

/** One way to migrate a database: how to write its project, start it, and check its work. */
export interface Peer {
  /** For `--peers`. */
  readonly id: string;
  /** For the report. */
  readonly label: string;
  /** Peers of one family are the same tool started in different ways, and share folders and databases. */
  readonly family: string;
  readonly language: Language;
  /** Its workloads; default: all. */
  readonly workloads?: readonly string[];
  /** Whether it is fast enough for the smoke run. */
  readonly quick: boolean;
  /** Its version; throws an `AbsentError` where it is not installed. */
  findVersion(): Promise<string>;
  /** Writes migrations and configuration into the project's folder, which exists and is empty. */
  write(project: Omit<Project, "dsn">): Promise<void>;
  /** The command that applies what is pending: all, nothing, or what `down` reverted. */
  up(project: Project, pending: "all" | "none" | "reverted"): Command;
  /** The command that reverts the last `steps` migrations, each in its own transaction. */
  down(project: Project, steps: number): Command;
  /** The command that lists the migrations by name; undefined where there is none. */
  list(project: Project): Command | undefined;
  /** The number of names that the list must show of `applied`; default: all. */
  listed?(applied: number): number;
  /** A query for one value, and its expected result once the first `applied` migrations are recorded. */
  ledger(applied: number): { readonly sql: string; readonly value: string };
}

/** A peer's program is not installed; the message says how to install it. */
export class AbsentError extends Error {}

/** The `ledger` check for a table with one row per migration. */
export function countRows(table: string): Peer["ledger"] {
  return (applied) => ({ sql: `select count(*) from ${table}`, value: String(applied) });
}
