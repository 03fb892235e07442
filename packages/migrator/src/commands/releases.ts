import type { Contract } from "@thedata/releases";
import { ConfigurationError } from "../errors.ts";
import type { Context } from "../execute/context.ts";
import { openFolder } from "../history/history.ts";
import { withConnection } from "../execute/session.ts";
import { underLock } from "../execute/under-lock.ts";
import { recordAudit } from "../ledger/audit.ts";
import { ensureLedger, ensureReleaseTables } from "../ledger/prepare-ledger.ts";
import { findSessions, readReleases, type RecordedRelease, releaseInsert, retireRelease } from "../ledger/releases.ts";
import type { Connection } from "../postgres/connection.ts";
import { inTransaction } from "../postgres/transaction.ts";
import { asOurs, findSupportedContracts, readContracts } from "../releases/read-contracts.ts";
import { versionOf } from "../releases/release-name.ts";
import type { ReleaseSettings } from "../releases/settings.ts";

/** A release as it is listed. */
export interface ListedRelease {
  /** `@thedata/models@1.4.0`. */
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  /** The migration that its contract was made at. */
  readonly head: string;
  readonly support: "supported" | "not supported" | "retired";
  readonly retiredAt: string | null;
  readonly retiredBy: string | null;
  /** How many of its sessions are connected now. */
  readonly sessions: number;
}

/** Lists the releases that the database or the folder knows, the oldest first; changes nothing. */
export async function listReleases(context: Context, releases: ReleaseSettings): Promise<ListedRelease[]> {
  const contracts = await readContracts(releases);
  const { files } = await openFolder(context.migrations);
  const supported = await findSupportedContracts(
    contracts,
    releases,
    files.map(({ name }) => name),
  );
  return await withConnection(context, async ({ query }) => {
    const recorded = await readReleases(query, context.ledger);
    const sessions = await findSessions(query, contracts[0]?.package ?? recorded[0]?.package ?? "");
    const unknown = recorded.filter(({ version }) => !contracts.some((one) => one.version === version));
    return [...unknown, ...contracts].map((one) => {
      const known = recorded.find(({ version }) => version === one.version);
      const isSupported = supported.some(({ version }) => version === one.version);
      return toListed(one, known, isSupported, sessions.get(one.version) ?? 0);
    });
  });
}

function toListed(
  { package: name, version, digest, head }: Pick<Contract, "package" | "version" | "digest" | "head">,
  known: RecordedRelease | undefined,
  isSupported: boolean,
  sessions: number,
): ListedRelease {
  const { retiredAt = null, retiredBy = null } = known ?? {};
  const support = retiredAt !== null ? "retired" : isSupported ? "supported" : "not supported";
  return { name: `${name}@${version}`, version, digest, head, support, retiredAt, retiredBy, sessions };
}

/** The releases whose support was ended now, and those that had ended before. */
export interface Retired {
  readonly retired: readonly string[];
  readonly already: readonly string[];
}

/**
 * Ends the support of the releases of a version or range, and records that in the audit. Throws a `ConfigurationError`
 * where no known release fits.
 */
export async function retireReleases(context: Context, releases: ReleaseSettings, wanted: string): Promise<Retired> {
  const contracts = await readContracts(releases);
  const { findSupported, satisfiesVersion } = await import("@thedata/releases");
  const version = versionOf(wanted, contracts[0]?.package ?? "");
  await asOurs(() => findSupported([], version));
  return await withConnection(
    context,
    async (connection) =>
      await underLock(context, connection, async () => {
        await ensureLedger(connection, context.ledger);
        await ensureReleaseTables(connection, context.ledger);
        for (const contract of contracts) await send(connection, releaseInsert(contract, context.ledger));
        const known = await readReleases(connection.query, context.ledger);
        const fitting = known.filter((one) => one.version === version || satisfiesVersion(one.version, version));
        if (fitting.length === 0)
          throw new ConfigurationError(
            `No known release fits "${wanted}": there are ${known.map((one) => one.version).join(", ") || "none"}`,
          );
        refuseNewest(findSupported(known, "last 1"), fitting);
        return await retireAll(context, connection, fitting);
      }),
  );
}

/** Something has to run once the others have ended. */
function refuseNewest([newest]: readonly RecordedRelease[], fitting: readonly RecordedRelease[]): void {
  if (!newest || !fitting.includes(newest)) return;
  const name = `${newest.package}@${newest.version}`;
  throw new ConfigurationError(`${name} is the newest release that is known: end the support of those before it`);
}

async function retireAll(
  context: Context,
  connection: Connection,
  fitting: readonly RecordedRelease[],
): Promise<Retired> {
  const [retired, already]: [string[], string[]] = [[], []];
  for (const { package: name, version } of fitting) {
    const title = `${name}@${version}`;
    const isNew = await inTransaction(connection, async () => {
      const changed = await retireRelease(connection.query, context.ledger, name, version);
      if (changed)
        await recordAudit(connection.query, { action: "retired", migration: title }, context, context.ledger);
      return changed;
    });
    (isNew ? retired : already).push(title);
  }
  return { retired, already };
}

async function send({ query }: Connection, { sql, parameters }: ReturnType<typeof releaseInsert>): Promise<void> {
  await query(sql, parameters);
}
