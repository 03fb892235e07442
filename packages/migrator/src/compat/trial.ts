import type { Catalog } from "@thedata/catalog";
import type * as Releases from "@thedata/releases";
import type { Contract, Early, Finding, Samples } from "@thedata/releases";
import type { LoadedMigration } from "../history/load.ts";
import type { LedgerTable } from "../ledger/tables.ts";
import type { Connection, Query } from "../postgres/connection.ts";
import { tryOut } from "../postgres/transaction.ts";
import type { BesideFindings } from "../releases/judge-history.ts";
import type { ApplicationRole } from "../shadow/application-role.ts";
import { createFiller } from "../verify/fill/fill.ts";
import { withoutAfterTriggers } from "./fill-quietly.ts";
import { findMentions } from "./mentions.ts";

export interface TrialRequest {
  /** The migrations, in the order of the history. */
  readonly wanted: readonly string[];
  readonly contracts: readonly Contract[];
  readonly ledger: LedgerTable;
  /** How many rows each table is to have. */
  readonly rows: number;
  /** The role that statements are sent as; undefined: the session's own. */
  readonly role: ApplicationRole | undefined;
  readonly load: (migration: string) => Promise<LoadedMigration>;
}

/** Tries the statements of each release after a migration, and gives what they meet there. */
export type Trial = (migration: string, catalog: Catalog) => Promise<Tried>;

/** What releases met after a migration. */
export interface Tried {
  readonly byRelease: ReadonlyMap<Contract, readonly Finding[]>;
  /** What a release met in rows that a newer one may write. */
  readonly beside: readonly BesideFindings[];
}

/**
 * Tries statements as an application's role. At its own head a release's samples are taken; after it they are sent
 * again, also beside the rows that a newer release may write. What a release sent before its head is confirmed there:
 * then findings are added to those of earlier migrations.
 */
export async function createTrial(connection: Connection, request: TrialRequest): Promise<Trial> {
  const { ledger, rows } = request;
  const course: Course = {
    request,
    query: connection.query,
    releases: await import("@thedata/releases"),
    fill: createFiller(connection, ledger, { rows }),
    samples: new Map(),
    waiting: [],
  };
  return async (migration, catalog) => {
    const step: Step = { migration, catalog, byRelease: new Map(), beside: [] };
    await tryPassed(course, step);
    if (isWorthFilling(course, step)) await tryArrived(course, step);
    await tryAhead(course, step);
    return step;
  };
}

/** What goes on from migration to migration. */
interface Course {
  readonly request: TrialRequest;
  readonly query: Query;
  readonly releases: typeof Releases;
  readonly fill: () => Promise<unknown>;
  /** Of the releases whose heads have passed. */
  readonly samples: Map<Contract, Samples>;
  /** What releases sent before their heads, and the step of then. */
  readonly waiting: { readonly contract: Contract; readonly early: Early; readonly step: Step }[];
}

interface Step {
  readonly migration: string;
  readonly catalog: Catalog;
  readonly byRelease: Map<Contract, readonly Finding[]>;
  readonly beside: BesideFindings[];
}

async function asRole<Result>({ query, request }: Course, work: () => Promise<Result>): Promise<Result> {
  return await tryOut({ query }, async () => {
    if (request.role !== undefined) await query(`set local role ${request.role.name}`);
    return await work();
  });
}

async function add(course: Course, { byRelease }: Step, contract: Contract, work: () => Promise<readonly Finding[]>) {
  const findings = await asRole(course, work);
  byRelease.set(contract, [...(byRelease.get(contract) ?? []), ...findings]);
}

/** Plans the statements of all releases, and sends those of the releases whose heads have passed. */
async function tryPassed(course: Course, step: Step): Promise<void> {
  const { query, releases, samples, request } = course;
  const { catalog } = step;
  for (const contract of request.contracts)
    await add(course, step, contract, async () => await releases.explainStatements(query, contract, catalog));
  for (const [contract, taken] of samples)
    await add(course, step, contract, async () => await releases.trySamples(query, contract, catalog, taken));
}

/** False after the last migration, where the only release has its head: nothing follows, and nothing went before. */
function isWorthFilling({ request, samples, waiting }: Course, { migration }: Step): boolean {
  return migration !== request.wanted.at(-1) || samples.size + waiting.length > 0;
}

/** Where releases have their heads: fills the tables, takes samples, and looks at what that means to the others. */
async function tryArrived(course: Course, step: Step): Promise<void> {
  const { query, releases, samples, request, fill } = course;
  const arrived = request.contracts.filter(({ head }) => head === step.migration);
  if (arrived.length === 0) return;
  if (request.rows > 0) await withoutAfterTriggers(query, fill);
  const mayChange = findMentions(await loadAfter(request, step.migration));
  const passed = [...samples];
  for (const contract of arrived) {
    const taken = await asRole(course, async () => await releases.takeSamples(query, contract, mayChange));
    samples.set(contract, taken);
    for (const [older, its] of passed) await tryBeside(course, step, { newer: contract, older, its });
    await confirm(course, contract);
  }
}

async function loadAfter({ wanted, load }: TrialRequest, migration: string): Promise<LoadedMigration[]> {
  const later = [];
  for (const name of wanted.slice(wanted.indexOf(migration) + 1)) later.push(await load(name));
  return later;
}

interface Beside {
  readonly newer: Contract;
  readonly older: Contract;
  /** The older one's. */
  readonly its: Samples;
}

/** What an older release meets in the rows of a newer one: it deletes its own, which they may refer to, and reads them. */
async function tryBeside(course: Course, step: Step, { newer, older, its }: Beside): Promise<void> {
  const { query, releases } = course;
  const { catalog, beside } = step;
  await add(course, step, older, async () => await releases.tryDeletes(query, older, catalog, its));
  const findings = await asRole(course, async () => await releases.tryBeside(query, newer, older, catalog));
  beside.push({ writer: newer.digest, reader: older.digest, findings });
}

/** Sends again, at a release's own head, what it sent before. */
async function confirm(course: Course, contract: Contract): Promise<void> {
  const { query, releases, waiting } = course;
  for (const { early, step } of waiting.filter((one) => one.contract === contract))
    await add(course, step, contract, async () => await releases.confirmEarly(query, contract, early));
}

/** Sends the statements of the releases whose heads are still to come. */
async function tryAhead(course: Course, step: Step): Promise<void> {
  const { query, releases, samples, request, waiting } = course;
  for (const contract of request.contracts.filter((one) => !samples.has(one))) {
    const early = await asRole(course, async () => await releases.tryEarly(query, contract, step.catalog));
    waiting.push({ contract, early, step });
  }
}
