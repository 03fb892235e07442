import { findTransactionControl, leadingWords, splitCommands } from "@thedata/catalog/sql";
import type { Problem } from "../errors.ts";
import { findCopyFromClient } from "../history/load.ts";
import type { StoredUndo, StoredUndos } from "../ledger/stored-undo.ts";
import { toUndoDigest, type Undo, type UndoSigner } from "../ledger/undo-digest.ts";

/** What an undo is judged by. */
export interface UndoTerms {
  /** Undefined: no key is configured, and signatures are not looked at. */
  readonly signer: UndoSigner | undefined;
  /** The migrations whose losses are accepted, by full name. */
  readonly accepted: ReadonlySet<string>;
  /** What is there now and would go, by migration: `reports (12 rows)`. */
  readonly measured: ReadonlyMap<string, readonly string[]>;
}

/** The way out of a record that does not hold. */
const wayOut = (name: string) =>
  `Revert it with "migrator down" of a build that has its file, or store its undo anew there: "migrator repair ${name}"`;

/** Finds what speaks against reverting these migrations by the undo in the ledger; in the order of the ledger. */
export function judgeUndos({ asked, positions }: StoredUndos, terms: UndoTerms): Problem[] {
  return [...asked.flatMap((one) => judgeUndo(one, terms)), ...findMoved(asked, positions)];
}

function judgeUndo(stored: StoredUndo, terms: UndoTerms): Problem[] {
  const undo = readUndo(stored);
  if (!undo || stored.digest === null || stored.position === null) return [noUndo(stored)];
  const doubts = findDoubts(stored, undo, terms.signer);
  if (doubts.length > 0) return doubts.map((why) => untrusted(stored, why));
  const command = findForbidden(undo.statements);
  if (command !== undefined)
    return [
      untrusted(
        stored,
        `sends "${command}", but the runner owns the transaction, so that undo and record commit together`,
      ),
    ];
  const losses = [...undo.losses, ...(terms.measured.get(stored.name) ?? [])];
  return losses.length > 0 && !terms.accepted.has(stored.name) ? [lossy(stored, losses)] : [];
}

/** The undo of a row; undefined where a part of it is missing or damaged. */
export function readUndo({ statements, transactional, losses }: StoredUndo): Undo | undefined {
  return statements && transactional !== null && losses ? { statements, transactional, losses } : undefined;
}

/** Says why a row's undo is not what a migrator stored; nothing where ledger, audit and signature agree. */
export function findDoubts(stored: StoredUndo, undo: Undo, signer: UndoSigner | undefined): string[] {
  const { name, checksum, audit } = stored;
  const computed = toUndoDigest({ name, checksum, position: stored.position ?? 0, undo }, signer);
  const inAudit = audit?.action === "applied" || audit?.action === "repaired" ? audit.digest : null;
  return [
    ...(stored.digest === computed.digest
      ? []
      : ["does not have the digest of its ledger row: name, checksum, statements, losses or position were changed"]),
    ...(inAudit === null ? ["has no digest in the audit"] : []),
    ...(inAudit === null || inAudit === computed.digest ? [] : ["does not have the digest that the audit recorded"]),
    ...(signer && stored.signature === null ? ["has no signature, and a key is configured"] : []),
    ...(signer && stored.signature !== null && stored.signature !== computed.signature
      ? ["has a signature of another key, database or server, or was changed"]
      : []),
  ];
}

function untrusted({ name, toolVersion, appliedFrom }: StoredUndo, why: string): Problem {
  const message = `${name} (applied by ${describeTool(toolVersion, appliedFrom)}): its undo in the ledger ${why}. ${wayOut(name)}.`;
  return { code: "untrusted-undo", migration: name, message };
}

function describeTool(toolVersion: string | null, appliedFrom: string | null): string {
  if (toolVersion === null) return "MikroORM's own CLI";
  return `migrator ${toolVersion}${appliedFrom === null ? "" : ` on ${appliedFrom}`}`;
}

function noUndo(stored: StoredUndo): Problem {
  const { name, toolVersion, appliedFrom } = stored;
  const by = stored.audit?.action === "baselined" ? "recorded by baseline with" : "applied by";
  const message = `${name} (${by} ${describeTool(toolVersion, appliedFrom)}) ${whyNone(stored)}. ${wayBack(stored)}.`;
  return { code: "no-undo", migration: name, message };
}

function whyNone({ statements, digest, position, toolVersion, audit }: StoredUndo): string {
  if (toolVersion === null) return "has no undo in the ledger, because that CLI stores none";
  if (audit?.action === "baselined") return "has no undo in the ledger, because it was never run";
  if (statements && digest === null && position === null)
    return "has an undo in the ledger without a digest, as releases before digests stored it";
  if (statements) return "has an undo in the ledger of which a part is missing";
  return "has no undo in the ledger: it cannot be reverted, or its down computes its statements";
}

/** A build with the file cannot store what the file does not have. */
function wayBack({ name, statements, toolVersion, audit }: StoredUndo): string {
  const mayHave = statements !== null || toolVersion === null || audit?.action === "baselined";
  return mayHave ? wayOut(name) : `Revert it with "migrator down" of a build that has its file`;
}

function lossy({ name }: StoredUndo, losses: readonly string[]): Problem {
  const message = `${name} loses ${losses.join(", ")} when it is reverted: accept that with --accept-loss ${name}.`;
  return { code: "lossy-undo", migration: name, message };
}

/** Rows that changed places would be reverted in a wrong order. */
function findMoved(asked: readonly StoredUndo[], positions: StoredUndos["positions"]): Problem[] {
  const placed = positions.filter((row) => row.position !== null);
  const moved = placed.find(
    ({ position }, index) => index > 0 && Number(placed[index - 1]?.position) >= Number(position),
  );
  const stored = moved && (asked.find(({ name }) => name === moved.name) ?? asked[0]);
  return moved && stored
    ? [untrusted({ ...stored, name: moved.name }, "stands behind a row that was recorded after it")]
    : [];
}

/** The first command that would end the runner's transaction, or take rows from the client. */
function findForbidden(statements: readonly string[]): string | undefined {
  const control = statements.map(findTransactionControl).find((command) => command !== undefined);
  const savepoint = statements
    .flatMap(splitCommands)
    // In one transaction for several migrations, a savepoint could be another one's.
    .find((command) => /^(savepoint|release|rollback)$/.test(leadingWords(command, 1)[0] ?? ""));
  return (control ?? savepoint ?? findCopyFromClient(statements))?.sql.slice(0, 80);
}
