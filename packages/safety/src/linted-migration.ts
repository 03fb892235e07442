/** A migration as the linter takes it. */
export interface LintedMigration {
  readonly name: string;
  /** The texts of one direction, as they are sent. */
  readonly statements: readonly string[];
  /** False: each statement is a transaction of its own. */
  readonly transactional: boolean;
  /** True: its code computes more statements while it runs, which nobody can see beforehand. */
  readonly computed?: boolean;
  /** True: it declares a backfill, which the runner runs in batches. */
  readonly batched?: boolean;
  /** The text of its file, for places and for comments that allow a rule. */
  readonly source: string;
}
