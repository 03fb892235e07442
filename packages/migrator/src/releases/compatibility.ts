import type { Catalog } from "@thedata/catalog";
import type { Contract, Finding } from "@thedata/releases";
import { scopeOf } from "../ledger/catalog-scope.ts";
import { readRecordedVerdict } from "../ledger/releases.ts";
import type { LedgerTable } from "../ledger/tables.ts";
import type { Status } from "../plan/status.ts";
import type { Query } from "../postgres/connection.ts";
import { tryOut } from "../postgres/transaction.ts";

/** The release that asks whether it works: a build's own. */
export interface OwnRelease {
  readonly loadContract: () => Promise<Contract>;
  /** Whether `up` holds this pending migration back for an older release. */
  readonly isHeld: (migration: string) => Promise<boolean>;
  /** Gives a session of its own, where `query` is a pool's: a judgement runs in a transaction. Default: `query` itself. */
  readonly withSession?: (<Result>(work: (query: Query) => Promise<Result>) => Promise<Result>) | undefined;
  /** Keeps what was found on schemas that nobody had judged, by their newest migration; default: nothing is kept. */
  readonly judged?: Map<string, readonly string[]> | undefined;
}

/** Whether a release works on a schema that is not the one that it was made for. */
export interface Compatibility {
  readonly compatible: boolean | null;
  /** What stands against it, in full sentences. */
  readonly findings: readonly string[];
}

/**
 * Tells whether a release works on the schema that it meets. Ahead: by the verdict that came with the newest migration,
 * else by its own contract and the live schema. Behind: in the same way, and only where all that is pending is held
 * back. Throws the server's errors.
 */
export async function findCompatibility(
  query: Query,
  ledger: LedgerTable,
  status: Pick<Status, "state" | "head" | "pending">,
  own: OwnRelease,
): Promise<Compatibility> {
  const { state, head, pending } = status;
  if (state === "current") return { compatible: true, findings: [] };
  const [first] = pending;
  const waits = state === "behind" && first !== undefined && (await own.isHeld(first.name));
  if (head === null || !(state === "ahead" || waits)) return { compatible: null, findings: [] };
  const contract = await own.loadContract();
  const recorded = await readRecordedVerdict(query, ledger, head, contract.digest);
  if (recorded) return { compatible: recorded.verdict === "works", findings: recorded.findings };
  const inSession = own.withSession ?? (async (work) => await work(query));
  const side = state === "behind" ? "earlier" : "later";
  const findings =
    own.judged?.get(head) ?? (await inSession(async (session) => await judgeLive(session, ledger, contract, side)));
  own.judged?.set(head, findings);
  return { compatible: findings.length === 0, findings };
}

/** What a contract meets in the live schema, and in its rights. */
async function judgeLive(
  query: Query,
  ledger: LedgerTable,
  contract: Contract,
  side: "earlier" | "later",
): Promise<string[]> {
  const { explainStatements, judge, mergeFindings } = await import("@thedata/releases");
  return await tryOut({ query }, async () => {
    const catalog: Catalog = await readCatalogHere(query, ledger);
    const tried = await explainStatements(query, contract, catalog);
    return mergeFindings(judge(contract, catalog, side), tried.filter(isNeeded)).map(({ message }) => message);
  });
}

/** A program need not write all that it maps: a role that may not is no reason not to serve. */
function isNeeded({ operation, sqlState }: Finding): boolean {
  return sqlState !== "42501" || ["read", "filter", "call"].includes(operation);
}

async function readCatalogHere(query: Query, ledger: LedgerTable): Promise<Catalog> {
  const { readCatalogInTransaction } = await import("@thedata/catalog");
  return await readCatalogInTransaction(query, scopeOf(ledger));
}
