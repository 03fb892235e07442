/** A change of data that a migration of a safe sequence makes in batches. */
export interface Filling {
  /** As SQL names the table. */
  readonly table: string;
  readonly set: string;
  readonly where: string;
}

/** A migration of a safe sequence. */
export interface SafePart {
  readonly statements: readonly string[];
  /** False: each statement is a transaction of its own. */
  readonly transactional: boolean;
  /** Why it is a migration of its own, in one sentence; undefined: the rest of the change. */
  readonly why: string | undefined;
  /** The change that runs in batches; it is the part's one statement. */
  readonly backfill?: Filling | undefined;
}

/** What takes the place of a statement, by the migration that each of it belongs to. */
export interface Replacement {
  /** In the transaction at hand. */
  readonly now?: readonly string[];
  /** In a migration of its own, outside a transaction. */
  readonly alone?: readonly string[];
  /** In batches, once all of these are applied. */
  readonly backfill?: Filling;
  /** Once the rows are filled: constraints that hold from then on. */
  readonly filled?: readonly string[];
  /** In a migration after that, which scans under a weak lock. */
  readonly validated?: readonly string[];
  /** In the last migration: what takes the old column's place. */
  readonly swapped?: readonly string[];
}
