import { hmacSha256, sha256 } from "../hash.ts";

/** A migration's way back as the ledger stores it, for images that do not have its file. */
export interface Undo {
  /** The statements of `down`, in their order. */
  readonly statements: readonly string[];
  /** False: they run outside a transaction. */
  readonly transactional: boolean;
  /** What `down` loses, as the migration declares it: `users.legacy`. */
  readonly losses: readonly string[];
}

/** All that the digest of an undo covers. */
export interface UndoSubject {
  readonly name: string;
  readonly checksum: string | null;
  /** Grows from row to row of the ledger, so that rows that changed places are noticed. */
  readonly position: number;
  readonly undo: Undo;
}

/** What is stored with an undo, so that a change of it is noticed. */
export interface UndoDigest {
  readonly position: number;
  /** SHA-256 in hexadecimal. */
  readonly digest: string;
  /** HMAC-SHA-256 in hexadecimal; null: no key was configured. */
  readonly signature: string | null;
}

/** The database that a signature holds for. */
export interface SignedPlace {
  /** The system identifier of the server's data directory. */
  readonly system: string;
  readonly database: string;
}

/** A key, and the database that it signs for. */
export interface UndoSigner {
  readonly key: string;
  readonly place: SignedPlace;
}

/** The part of a digest's text that is known before the position is. */
export function textOfUndo({ name, checksum, undo }: Omit<UndoSubject, "position">): string {
  return JSON.stringify([name, checksum, undo.transactional, undo.losses, undo.statements]);
}

/** The digest of an undo: SHA-256 of its text, a line break and its position, in hexadecimal. */
export function digestOfUndo(subject: UndoSubject): string {
  return sha256(`${textOfUndo(subject)}\n${subject.position}`);
}

/** The signature of a digest: HMAC-SHA-256 over it and the database, in hexadecimal. */
export function signUndo(digest: string, { key, place }: UndoSigner): string {
  return hmacSha256(key, JSON.stringify(["migrator undo", digest, place.system, place.database]));
}

/** Computes what is stored with an undo; signed where there is a signer. */
export function toUndoDigest(subject: UndoSubject, signer: UndoSigner | undefined): UndoDigest {
  const digest = digestOfUndo(subject);
  return { position: subject.position, digest, signature: signer ? signUndo(digest, signer) : null };
}
