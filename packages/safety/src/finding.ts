/** How bad it is: an `error` stops `up` where the configuration enforces safety. */
export type Severity = "error" | "warning" | "note";

/** The lock modes of PostgreSQL's tables, weakest first. */
export const lockModes = [
  "ACCESS SHARE",
  "ROW SHARE",
  "ROW EXCLUSIVE",
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
] as const;

export type LockMode = (typeof lockModes)[number];

/** Whom a lock of this mode keeps waiting. */
export function blockedBy(mode: LockMode): "reads and writes" | "writes" | "schema changes" {
  if (mode === "ACCESS EXCLUSIVE") return "reads and writes";
  return lockModes.indexOf(mode) >= lockModes.indexOf("SHARE") ? "writes" : "schema changes";
}

/** What a rule says of a statement, before place and weight are known. */
export interface Hit {
  /** What happens, in one sentence, with the object's name. */
  readonly message: string;
  /** The way out, in one sentence; undefined where there is none. */
  readonly hint?: string | undefined;
  /** The table at stake, as `schema.table`: its rows weigh the finding. */
  readonly table?: string | undefined;
  /** The lock that the statement takes on `table`. */
  readonly lock?: LockMode | undefined;
  /** What is done under the lock, which takes as long as the table is large. */
  readonly work?: "scan" | "rewrite" | "build" | undefined;
  /** True: whether it happens hangs on the catalog, which is not known. */
  readonly unknown?: boolean;
}

/** What a rule found. */
export interface Finding extends Hit {
  readonly rule: string;
  readonly severity: Severity;
  readonly migration: string;
  /** The command at fault; null: the migration as a whole. */
  readonly statement: string | null;
  /** The line of the migration's file on which the command begins, from 1; null where the file does not have it so. */
  readonly line: number | null;
  /** How long others wait, in seconds, from the statistics; undefined: not known. */
  readonly seconds?: number | undefined;
}
