/** A change of data that a migration of a safe sequence makes in batches. */
export interface SafeBackfill {
  /** As SQL names the table. */
  readonly table: string;
  readonly set: string;
  readonly where: string;
  /** The column that keeps what was filled in when the migration is reverted: `users.token`. */
  readonly column: string;
}

/** A migration of a safe sequence. */
export interface SafePart {
  readonly statements: readonly string[];
  /** False: each statement is a transaction of its own. */
  readonly transactional: boolean;
  /** Why it is a migration of its own, in one sentence; undefined: the rest of the change. */
  readonly why: string | undefined;
  /** The change that runs in batches; it is the part's one statement. */
  readonly backfill?: SafeBackfill | undefined;
  /** The way back, where the catalogs do not tell it: rows must be filled again. */
  readonly down?: readonly string[] | undefined;
  /** What the linter would find in it and need not. */
  readonly allowed?: readonly Allowed[] | undefined;
}

/** A comment above a statement that allows a rule there. */
export interface Allowed {
  readonly statement: string;
  /** `lint: allow RULE because …`. */
  readonly message: string;
}

/** How a new column takes the old one's place, and how it comes back. */
export interface Swap {
  readonly up: readonly string[];
  readonly down: readonly string[];
  readonly allowed: readonly Allowed[];
}

/** What takes the place of a statement, by the migration that each of it belongs to. */
export interface Replacement {
  /** In the transaction at hand. */
  readonly now?: readonly string[];
  /** In a migration of its own, outside a transaction. */
  readonly alone?: readonly string[];
  /** In batches, once all of these are applied. */
  readonly backfill?: SafeBackfill;
  /** Once the rows are filled, outside a transaction: indexes. */
  readonly indexed?: readonly string[];
  /** Once the rows are filled: constraints that hold from then on. */
  readonly filled?: readonly string[];
  /** In a migration after that, which scans under a weak lock. */
  readonly validated?: readonly string[];
  /** In the last migration: what takes the old column's place. */
  readonly swapped?: Swap;
}
