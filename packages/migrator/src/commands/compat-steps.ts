import { readCatalog } from "@thedata/catalog";
import type { Contract, Early, Finding, Samples } from "@thedata/releases";
import { MigrationFailedError } from "../errors.ts";
import type { Context } from "../execute/context.ts";
import type { History } from "../history/history.ts";
import { buildManifest } from "../history/manifest.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";
import { type Connection, connect } from "../postgres/connection.ts";
import { tryOut } from "../postgres/transaction.ts";
import { findWrites } from "../releases/find-writes.ts";
import type { BesideFindings, SchemaStep } from "../releases/judge-history.ts";
import { type ApplicationRole, createApplicationRole } from "../shadow/application-role.ts";
import { replay } from "../shadow/replay.ts";
import { type ShadowOptions, shadowApplication, withShadow } from "../shadow/shadow.ts";
import { createFiller } from "../verify/fill/fill.ts";

export interface StepsRequest {
  /** The migrations, in the order of the history. */
  readonly wanted: readonly string[];
  readonly contracts: readonly Contract[];
  readonly shadow: ShadowOptions;
  /** True: no statement is planned or run. */
  readonly static?: boolean | undefined;
}

/**
 * The schema after each of these migrations, and what each release's statements meet there: planned by the server, and
 * run with the values of rows from before. Throws a `MigrationFailedError`.
 */
export async function readSteps(context: Context, history: History, request: StepsRequest): Promise<SchemaStep[]> {
  try {
    return await readStepsOn(context, history, { ...request, rows: request.static ? 0 : 8 });
  } catch (error) {
    // A migration may be right and still refuse rows that somebody else would not have.
    if (request.static || !(error instanceof MigrationFailedError)) throw error;
    return await readStepsOn(context, history, { ...request, rows: 0 });
  }
}

type FilledRequest = StepsRequest & { readonly rows: number };

async function readStepsOn(context: Context, history: History, request: FilledRequest): Promise<SchemaStep[]> {
  const links = await readLinks(history);
  return await withShadow(request.shadow, async (dsn) => {
    const connection = await connect(dsn, shadowApplication);
    const steps: SchemaStep[] = [];
    let role: ApplicationRole | undefined;
    try {
      role = request.static ? undefined : await createApplicationRole(connection.query);
      const trial = createTrial(context, connection, request, role);
      for (const migration of request.wanted) {
        await replay(context, history.folder, dsn, migration);
        const catalog = await readCatalog(connection.query, scopeOf(context.ledger));
        const found = request.static ? undefined : await trial(migration, catalog);
        const writes = await findWrites((await history.load(migration)).up.statements);
        const tried = found && { tried: found.byDigest, beside: found.beside };
        steps.push({ migration, link: links.get(migration) ?? "", catalog, writes, ...tried });
      }
      return steps;
    } finally {
      await role?.drop();
      await connection.close();
    }
  });
}

async function readLinks({ folder, load }: History): Promise<ReadonlyMap<string, string>> {
  const loaded = [];
  for (const { name } of folder.files) loaded.push(await load(name));
  const { migrations } = folder.manifest ?? buildManifest(loaded);
  return new Map(migrations.map(({ name, link }) => [name, link]));
}

/** Tries the statements of each release after a migration, and gives what they meet there. */
type Trial = (migration: string, catalog: SchemaStep["catalog"]) => Promise<Findings>;

/**
 * Tries statements as an application's role. At its own head a release's samples are taken; after it they are sent
 * again, also beside the rows that a newer release may write. What a release sent before its head is confirmed there:
 * then findings are added to those of earlier migrations.
 */
function createTrial(
  { ledger }: Context,
  connection: Connection,
  { contracts, rows, wanted }: FilledRequest,
  role: ApplicationRole | undefined,
): Trial {
  const samples = new Map<string, Samples>();
  const waiting: { readonly digest: string; readonly early: Early; readonly found: Findings }[] = [];
  const fill = createFiller(connection, ledger, { rows });
  const { query } = connection;
  const asRole = async <Result>(work: () => Promise<Result>) =>
    await tryOut({ query }, async () => {
      if (role !== undefined) await query(`set local role ${role.name}`);
      return await work();
    });
  return async (migration, catalog) => {
    const releases = await import("@thedata/releases");
    const found = new Findings();
    const tryAll = async (list: readonly Contract[], work: (contract: Contract) => Promise<readonly Finding[]>) => {
      for (const contract of list) found.add(contract.digest, await asRole(async () => await work(contract)));
    };
    const later = contracts.filter(({ digest }) => samples.has(digest));
    const samplesOf = ({ digest }: Contract) => samples.get(digest) ?? none;
    await tryAll(contracts, async (one) => await releases.explainStatements(query, one, catalog));
    await tryAll(later, async (one) => await releases.trySamples(query, one, catalog, samplesOf(one)));
    const fresh = contracts.filter(({ head, digest }) => head === migration && !samples.has(digest));
    // Nothing follows the last migration, and nothing went before the only release.
    if (migration === wanted.at(-1) && later.length + waiting.length === 0) return found;
    if (rows > 0 && fresh.length > 0) await fill();
    for (const contract of fresh) {
      samples.set(contract.digest, await asRole(async () => await releases.takeSamples(query, contract)));
      await tryAll(later, async (one) => await releases.tryDeletes(query, one, catalog, samplesOf(one)));
      for (const reader of later) {
        const findings = await asRole(async () => await releases.tryBeside(query, contract, reader, catalog));
        found.beside.push({ writer: contract.digest, reader: reader.digest, findings });
      }
      for (const { early, found: earlier } of waiting.filter(({ digest }) => digest === contract.digest))
        earlier.add(contract.digest, await asRole(async () => await releases.confirmEarly(query, contract, early)));
    }
    for (const contract of contracts.filter(({ digest }) => !samples.has(digest))) {
      const early = await asRole(async () => await releases.tryEarly(query, contract, catalog));
      waiting.push({ digest: contract.digest, early, found });
    }
    return found;
  };
}

const none: Samples = { ran: [], reads: [] };

/** What releases met after a migration. */
class Findings {
  /** By the release's digest. */
  readonly byDigest = new Map<string, Finding[]>();
  /** What a release met in rows that a newer one may write. */
  readonly beside: BesideFindings[] = [];

  add(digest: string, findings: readonly Finding[]): void {
    this.byDigest.set(digest, [...(this.byDigest.get(digest) ?? []), ...findings]);
  }
}
