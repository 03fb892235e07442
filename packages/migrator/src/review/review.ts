import type { LockMode } from "@thedata/safety";
import type { Verdict } from "../verify/verdict.ts";

/** How a change is judged: it works and nobody waits, there is something to look at, it harms, or it does not work. */
export type Level = "safe" | "caution" | "danger" | "broken";

/** What somebody must know of a change before it is merged: one value for a page, a comment and programs. */
export interface Review {
  /** "refused": something is an error of the linter, fails, or does not come back. */
  readonly outcome: "ok" | "refused";
  readonly level: Level;
  /** The verdict, in one sentence. */
  readonly verdict: string;
  /** Oldest first. */
  readonly migrations: readonly ReviewedMigration[];
  /** What changed, with its neighbours; null: no table did, or the package that draws is not installed. */
  readonly picture: {
    readonly svg: string;
    readonly mermaid: string;
    /** The tables that changed, without `public`. */
    readonly changed: readonly string[];
    /** Those that are gone, and so are not in it. */
    readonly removed: readonly string[];
  } | null;
  /** When the sizes of the tables were read, ISO 8601; null: every table is taken for a large one. */
  readonly statisticsAt: string | null;
  /** How many rows each table had when it was measured. */
  readonly rows: number;
}

/** One migration of a change. */
export interface ReviewedMigration {
  readonly name: string;
  /** An absolute path; null: it is in no file. */
  readonly file: string | null;
  readonly transactional: boolean;
  /** True: it runs in batches on a large table. */
  readonly batched: boolean;
  /** True: its code computes statements, which nobody can see beforehand. */
  readonly computed: boolean;
  readonly changes: readonly ChangeInWords[];
  readonly statements: readonly ReviewedStatement[];
  /** What the linter found in the migration as a whole. */
  readonly findings: readonly ReviewFinding[];
  /** The locks that kept somebody waiting to the end of their transaction. */
  readonly held: readonly ReviewedLock[];
  /** Programs that read and wrote the tables meanwhile, and how long they waited at most. */
  readonly waited: readonly { readonly table: string; readonly kind: "read" | "write"; readonly longestMs: number }[];
  /** Why it could not be run on a shadow; null: it was. */
  readonly error: string | null;
  readonly verified: Pick<Verdict, "up" | "down" | "again" | "rows" | "faults" | "notes" | "losses">;
  /** How the supported releases of the models do after it, those that were made before it. */
  readonly releases: readonly ReviewedRelease[];
  /** The statements of `down`, or why there is no way back. */
  readonly wayBack: { readonly statements: readonly string[] } | { readonly never: string };
}

/** How a release of the models does after a migration. */
export interface ReviewedRelease {
  /** `@thedata/models@0.1.0`. */
  readonly name: string;
  readonly verdict: "breaks" | "wrong" | "unknown" | "depends" | "works";
  /** What the migration brought it. */
  readonly findings: readonly string[];
}

/** What becomes of one object of the schema. */
export interface ChangeInWords {
  readonly does: "adds" | "removes" | "changes";
  /** `column users.token (uuid, not null)`. */
  readonly text: string;
}

/** A statement, and what it was seen to do. */
export interface ReviewedStatement {
  readonly sql: string;
  /** The line of the file on which it begins, from 1; null where the file does not have it so. */
  readonly line: number | null;
  readonly relations: readonly ReviewedRelation[];
  /** On the shadow; null: it was not run. */
  readonly durationMs: number | null;
  readonly changedRows: number;
  readonly findings: readonly ReviewFinding[];
}

/** What a statement does to a relation that was there before. */
export interface ReviewedRelation {
  readonly relation: string;
  /** Null: none of its own. */
  readonly lock: LockMode | null;
  /** `reads and writes`, `writes`, `schema changes`; null: nobody. */
  readonly blocks: string | null;
  readonly work: "none" | "scan" | "build" | "rewrite";
  /** The relation's rows, by the statistics; null: not known. */
  readonly rows: number | null;
}

/** What the linter found. */
export interface ReviewFinding {
  readonly rule: string;
  readonly severity: "error" | "warning" | "note";
  readonly message: string;
  readonly hint: string | null;
  readonly line: number | null;
}

/** A lock that others wait for. */
export interface ReviewedLock {
  readonly relation: string;
  readonly lock: string;
  readonly heldMs: number;
  /** With the real number of rows; null: that is not known. */
  readonly forecastSeconds: number | null;
  readonly rows: number | null;
  readonly writesPerSecond: number | null;
}
