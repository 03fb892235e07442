import { recordAudit } from "../ledger/audit.ts";
import { type Catalog, findDrift, readCatalog, readCatalogInTransaction } from "@thedata/catalog";
import type { Bridge } from "./bridge.ts";
import { type Connection, connect } from "../postgres/connection.ts";
import type { Context } from "../execute/context.ts";
import { waitForDisk } from "../ledger/durability.ts";
import { ConfigurationError, MigratorError, RefusedError } from "../errors.ts";
import { halfDone } from "../plan/half-done.ts";
import { type History, openHistory } from "../history/history.ts";
import { isPart } from "../history/part.ts";
import { readLedger, recordApplied } from "../ledger/ledger.ts";
import type { Report } from "../report.ts";
import { planUp } from "../plan/plan.ts";
import { inTransaction } from "../postgres/transaction.ts";
import { ensureLedger } from "../ledger/prepare-ledger.ts";
import { findTool, type OtherTool, readLastOf } from "../ledger/other-tools.ts";
import { readBackfills } from "../ledger/backfills.ts";
import { readProgress } from "../ledger/progress.ts";
import { replay } from "../shadow/replay.ts";
import { versionOf } from "../history/version.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import { type ShadowOptions, withShadow } from "../shadow/shadow.ts";
import { withConnection } from "../execute/session.ts";
import { underLock } from "../execute/under-lock.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";

export interface BaselineOptions {
  /** The migration that the database is at; default: read from the other tool's table. */
  readonly at?: string | undefined;
  /** The tool that migrated the database, whose table says where it is; default: found by its table. */
  readonly from?: OtherTool | undefined;
  /**
   * That tool's own names, each with the migration that leaves the same schema; not needed for the same name or
   * version.
   */
  readonly revisions?: Readonly<Record<string, string>> | undefined;
  /** Records the migrations although the schema is not what they make. */
  readonly acceptDifferences?: boolean | undefined;
  /**
   * A file of SQL from the live schema to the history's. A missing file is written, and nothing else done; an existing
   * one is run in one transaction with the record.
   */
  readonly bridge?: string | undefined;
  /** Renames for a bridge that is to be written: `users.mail=email`, `users=people`. */
  readonly renames?: readonly string[] | undefined;
  readonly shadow: ShadowOptions;
}

/** A report with the differences between the database and what the migrations make, in words. */
export interface BaselineReport extends Omit<Report, "outcome"> {
  /** `bridged`: a bridge was written, and nothing else was done. */
  readonly outcome: "baselined" | "nothing" | "refused" | "bridged";
  readonly differences: readonly string[];
  readonly bridge?: Bridge | undefined;
}

/**
 * Adopts an existing database, a tenant's schema, or what all tenants share: records every migration up to `at` as
 * applied and runs none. Refuses a schema that is not what these migrations make on a shadow database, unless
 * differences are accepted. Throws a `MigratorError` when it cannot start.
 */
export async function baseline(context: Context, options: BaselineOptions): Promise<BaselineReport> {
  if (isPart(context.migrations)) (await import("./baseline-part.ts")).refuseForPart(options);
  const history = await openHistory(context.migrations);
  const names = history.folder.files.map(({ name }) => name);
  return await withConnection(context, async (connection) => {
    const { at, tool } = await findPosition(connection, options, names);
    const adoption = { context, history, connection, at: await resolveAt(context, at, names), tool };
    return await underLock(context, connection, async () => await adopt(adoption, options));
  });
}

async function resolveAt({ migrations }: Context, at: string, names: readonly string[]): Promise<string> {
  if (!isPart(migrations)) return resolveTarget(at, names);
  return await (await import("./baseline-part.ts")).resolveInPart(migrations, at, names);
}

/** Where a database is, and the tool whose table says so. */
interface Position {
  readonly at: string;
  readonly tool?: OtherTool | undefined;
}

async function findPosition(
  { query }: Connection,
  { at, from, revisions }: BaselineOptions,
  names: readonly string[],
): Promise<Position> {
  if (at !== undefined) return { at };
  const tool = from ?? (await findTool(query));
  const last = await readLastOf(query, tool);
  const mapped = revisions?.[last] ?? names.find((name) => name === last || versionOf(name) === last);
  if (mapped !== undefined) return { at: mapped, tool };
  throw new ConfigurationError(
    `No migration corresponds to "${last}", the last that ${tool} applied: name the matching migration by --at M, or in the configuration under "${tool === "alembic" ? "alembic" : "revisions"}"`,
  );
}

/**
 * The schema without the tables of Drizzle or TypeORM, which `scopeOf` does not leave out. Where no tool is known, only
 * Drizzle's: a project may have a table `migrations` of its own.
 */
function withoutTool(catalog: Catalog, tool: OtherTool = "drizzle"): Catalog {
  if (tool !== "typeorm" && tool !== "drizzle") return catalog;
  const kept = tool === "typeorm" ? /^public\.migrations(\.|_id_seq$|$)/ : /^drizzle(\.|$)/;
  return catalog.filter(({ name, table }) => !kept.test(name) && !kept.test(table ?? ""));
}

/** A database that is to be adopted. */
interface Adoption extends Position {
  readonly context: Context;
  readonly history: History;
  readonly connection: Connection;
}

async function adopt(adoption: Adoption, options: BaselineOptions): Promise<BaselineReport> {
  const { context, history, connection, at } = adoption;
  const { query } = connection;
  const applied = await readLedger(query, context.ledger);
  const progress = await readProgress(query, context.ledger);
  if (progress) throw new RefusedError(halfDone(progress).message);
  const [begun] = await readBackfills(query, context.ledger);
  if (begun)
    throw new RefusedError(
      `The backfill of ${begun.migration} is begun: finish it with "migrator backfill run", or "migrator backfill discard ${begun.migration}". Nothing was changed`,
    );
  const { steps } = planUp(history.known(), applied, { to: at });
  if (steps.length === 0) return report("nothing", [], []);
  const { expected, live } = await readEnds(adoption, options.shadow);
  const differences = findDrift(expected, live).map(({ message }) => message);
  if (options.bridge !== undefined) return await bridgeTo({ ...adoption, steps, expected, live, differences }, options);
  if (differences.length > 0 && !options.acceptDifferences) {
    const found = `${differences.length} difference${differences.length === 1 ? "" : "s"}`;
    const bridge = isPart(context.migrations) ? "" : "write the changes to get there with --bridge FILE, ";
    const message = `The schema is not what the migrations up to ${at} make: ${found}. To go on, ${bridge}choose another --at, or accept the differences with --accept-differences`;
    return { ...report("refused", steps, differences), error: new MigratorError("refused", message) };
  }
  await record(adoption, steps);
  return report("baselined", steps, differences);
}

function report(
  outcome: BaselineReport["outcome"],
  names: readonly string[],
  differences: readonly string[],
): BaselineReport {
  const result = outcome === "baselined" ? ("applied" as const) : ("notRun" as const);
  const steps = names.map((name) => ({ name, result, durationMs: 0, statements: 0 }));
  return { outcome, steps, problems: [], error: null, differences };
}

/** The two schemas that a bridge leads from and to. */
interface Gap extends Adoption {
  readonly steps: readonly string[];
  readonly expected: Catalog;
  readonly live: Catalog;
  readonly differences: readonly string[];
}

/** Writes the bridge where it is not there yet; else runs it in one transaction with the record, or does neither. */
async function bridgeTo(
  gap: Gap,
  { bridge: file = "", shadow, renames = [] }: BaselineOptions,
): Promise<BaselineReport> {
  const { context, connection, steps, expected, live, differences, tool } = gap;
  const { crossBridge, readBridge, refuseRest, writeBridge } = await import("./bridge.ts");
  const { query } = connection;
  const statements = await readBridge(file);
  if (statements === undefined) {
    const bridge = await writeBridge(file, { live, expected, ledger: context.ledger, renames }, shadow);
    return { ...report("bridged", steps, differences), bridge };
  }
  await record(gap, steps, async () => {
    await query(`select set_config('lock_timeout', '${context.lockTimeoutMs}ms', true)`);
    await crossBridge(query, statements);
    const there = await readCatalogInTransaction(query, scopeOf(context.ledger));
    refuseRest(findDrift(expected, withoutTool(there, tool)));
  });
  return { ...report("baselined", steps, differences), bridge: { file, statements: null, losses: [] } };
}

/** What the migrations are to make, and what is there. */
async function readEnds(
  { context, history, connection, at, tool }: Adoption,
  shadow: ShadowOptions,
): Promise<Pick<Gap, "expected" | "live">> {
  const { migrations, ledger } = context;
  if (isPart(migrations)) {
    const { readPart } = await import("./baseline-part.ts");
    return await readPart({ context, part: migrations, connection, at }, shadow);
  }
  const expected = await makeExpected(context, history, at, shadow);
  return { expected, live: withoutTool(await readCatalog(connection.query, scopeOf(ledger)), tool) };
}

async function makeExpected(context: Context, history: History, at: string, shadow: ShadowOptions): Promise<Catalog> {
  return await withShadow(shadow, async (dsn) => {
    await replay(context, history.folder, dsn, at);
    const connection = await connect(dsn, "migrator shadow");
    try {
      return await readCatalog(connection.query, scopeOf(context.ledger));
    } finally {
      await connection.close();
    }
  });
}

async function record(
  { context, history, connection }: Adoption,
  names: readonly string[],
  before: () => Promise<void> = async () => {},
): Promise<void> {
  await ensureLedger(connection, context.ledger);
  const { query } = connection;
  const { host: appliedFrom, toolVersion, runId, ledger } = context;
  await inTransaction(connection, async () => {
    await query(waitForDisk);
    await before();
    for (const name of names) {
      const { checksum } = await history.load(name);
      // It was never run here, so that nobody knows whether its `down` fits.
      const undo = null;
      await recordApplied(query, { name, checksum, durationMs: null, appliedFrom, toolVersion, runId, undo }, ledger);
      await recordAudit(query, { action: "baselined", migration: name, checksum }, context, ledger);
    }
  });
}
