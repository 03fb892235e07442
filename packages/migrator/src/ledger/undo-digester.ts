import type { Query } from "../postgres/connection.ts";
import { ConfigurationError } from "../errors.ts";
import { type LedgerTable, qualified } from "./tables.ts";
import type { Parameterized } from "../postgres/parameterized.ts";
import {
  textOfUndo,
  toUndoDigest,
  type Undo,
  type UndoDigest,
  type UndoSigner,
  type UndoSubject,
} from "./undo-digest.ts";

/** Gives what is stored with the undo of a migration that is recorded now; the same again when it is tried again. */
export type DigestUndo = (
  migration: { readonly name: string; readonly checksum: string | null },
  undo: Undo,
) => UndoDigest;

/**
 * Prepares the digests of a run's migrations; costs one query, and another one with a key. Throws a
 * `ConfigurationError` where the key cannot be used.
 */
export async function createUndoDigester(
  query: Query,
  ledger: LedgerTable,
  key: string | undefined,
): Promise<DigestUndo> {
  const last = await readPosition(query, ledger);
  const signer = await createSigner(query, key);
  const positions = new Map<string, number>();
  return ({ name, checksum }, undo) => {
    const position = positions.get(name) ?? last + positions.size + 1;
    positions.set(name, position);
    return toUndoDigest({ name, checksum, position, undo }, signer);
  };
}

/** SQL of the last position before the row `id`, or of all. A row without a position takes one too. */
export function lastPosition(ledger: LedgerTable, id = "null"): string {
  const before = `select id, undo_position from ${qualified(ledger)} where ${id} is null or id < ${id}`;
  return `select coalesce((select undo_position from (${before}) as one where undo_position is not null order by id desc limit 1), 0)
    + (select count(*) from (${before}) as one
        where id > coalesce((select max(id) from (${before}) as other where undo_position is not null), 0))`;
}

async function readPosition(query: Query, ledger: LedgerTable): Promise<number> {
  const [row] = await query<{ last: number }>(`select (${lastPosition(ledger)})::int as last`);
  return row?.last ?? 0;
}

/** The position of a migration's row: the one that it has, or the one between its neighbours. */
export async function readPositionOf(query: Query, ledger: LedgerTable, name: string): Promise<number> {
  const [row] = await query<{ position: number }>(
    `select coalesce(undo_position, (${lastPosition(ledger, "m.id")}) + 1)::int as position from ${qualified(ledger)} m
      where name = any(array[$1, $1 || '.ts', $1 || '.js'])`,
    [name],
  );
  return row?.position ?? 1;
}

/** The statement that gives the recorded undo its position and digest, for scripts; a signature takes the migrator. */
export function digestUpdate(subject: Omit<UndoSubject, "position">, ledger: LedgerTable): Parameterized {
  const sql = `update ${qualified(ledger)} as m set (undo_position, undo_digest) =
  (select position, encode(sha256(convert_to($2 || E'\\n' || position, 'UTF8')), 'hex')
     from (select (${lastPosition(ledger, "m.id")}) + 1 as position) as placed)
  where name = $1`;
  return { sql, parameters: [subject.name, textOfUndo(subject)] };
}

// A shorter key could be guessed from one signature.
const shortest = 32;

/** Reads what signatures of this database cover; undefined without a key. Throws a `ConfigurationError`. */
export async function createSigner(query: Query, key: string | undefined): Promise<UndoSigner | undefined> {
  if (key === undefined) return undefined;
  if (key.length < shortest)
    throw new ConfigurationError(
      `The key of the undo signatures is too short: it takes ${shortest} characters or more`,
    );
  const [place] = await query<UndoSigner["place"]>(
    "select system_identifier::text as system, current_database() as database from pg_control_system()",
  ).catch((cause: unknown) => {
    const { message } = cause as Error;
    throw new ConfigurationError(
      `The undo cannot be signed: the role may not read the server's system identifier (${message}). Grant it: grant execute on function pg_control_system() to the role`,
      { cause },
    );
  });
  return place && { key, place };
}
