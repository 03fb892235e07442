/** A reason why a migration fails verification. */
export interface Fault {
  readonly code:
    | "fails-on-rows"
    | "up-fails"
    | "down-fails"
    | "no-down"
    | "not-restored"
    | "not-repeatable"
    | "data-lost"
    | "invalid-index"
    | "non-deterministic";
  readonly migration: string;
  /** What is wrong, with the object's name, in full sentences. */
  readonly message: string;
}

/** Something worth knowing that is no fault. */
export interface Note {
  readonly code:
    | "empty-table"
    | "irreversible"
    | "values-differ"
    | "stamped"
    | "rows-left"
    | "down-refuses"
    | "declared-loss"
    | "not-run";
  readonly migration: string;
  readonly message: string;
}

/** What `down` and then `up` lose of rows that came after `up`. */
export interface Loss {
  readonly table: string;
  /** Null: whole rows. */
  readonly column: string | null;
  readonly rows: number;
  /** How many rows there were. */
  readonly of: number;
}

export type Outcome = "ok" | "failed" | "notRun";

/** The result of verifying one migration. */
export interface Verdict {
  readonly name: string;
  readonly up: Outcome;
  readonly down: Outcome;
  /** `up` a second time, after `down`. */
  readonly again: Outcome;
  readonly durationMs: number;
  /** How many rows were made to verify it. */
  readonly rows: number;
  readonly losses: readonly Loss[];
  readonly notes: readonly Note[];
  readonly faults: readonly Fault[];
}

/** A verdict under construction. */
export interface Findings {
  readonly name: string;
  up: Outcome;
  down: Outcome;
  again: Outcome;
  rows: number;
  readonly losses: Loss[];
  readonly notes: Note[];
  readonly faults: Fault[];
}

/** Findings of a migration before anything is run. */
export function noFindings(name: string): Findings {
  return { name, up: "notRun", down: "notRun", again: "notRun", rows: 0, losses: [], notes: [], faults: [] };
}

/** Adds a fault, unless the same one is there. */
export function addFault({ name, faults }: Findings, code: Fault["code"], message: string): void {
  if (!faults.some((one) => one.code === code && one.message === message))
    faults.push({ code, migration: name, message });
}

/** Adds a note, unless the same one is there. */
export function addNote({ name, notes }: Findings, code: Note["code"], message: string): void {
  if (!notes.some((one) => one.code === code && one.message === message))
    notes.push({ code, migration: name, message });
}
