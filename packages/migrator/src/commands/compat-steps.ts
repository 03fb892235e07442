import { readCatalog } from "@thedata/catalog";
import type { Contract, Finding, Samples } from "@thedata/releases";
import { MigrationFailedError } from "../errors.ts";
import type { Context } from "../execute/context.ts";
import type { History } from "../history/history.ts";
import { buildManifest } from "../history/manifest.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";
import { type Connection, connect } from "../postgres/connection.ts";
import { tryOut } from "../postgres/transaction.ts";
import { findWrites } from "../releases/find-writes.ts";
import type { SchemaStep } from "../releases/judge-history.ts";
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
        const tried = request.static ? undefined : await trial(migration, catalog);
        const writes = await findWrites((await history.load(migration)).up.statements);
        steps.push({ migration, link: links.get(migration) ?? "", catalog, tried, writes });
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

type Trial = (migration: string, catalog: SchemaStep["catalog"]) => Promise<ReadonlyMap<string, readonly Finding[]>>;

/** Tries the statements of each release after a migration, as an application's role; at its own head it takes samples. */
function createTrial(
  { ledger }: Context,
  connection: Connection,
  { contracts, rows }: FilledRequest,
  role: ApplicationRole | undefined,
): Trial {
  const samples = new Map<string, Samples>();
  const fill = createFiller(connection, ledger, { rows });
  const { query } = connection;
  const asRole = async <Result>(work: () => Promise<Result>) =>
    await tryOut({ query }, async () => {
      if (role !== undefined) await query(`set local role ${role.name}`);
      return await work();
    });
  return async (migration, catalog) => {
    const { explainStatements, takeSamples, trySamples } = await import("@thedata/releases");
    const found = new Map<string, readonly Finding[]>();
    for (const contract of contracts) {
      const planned = await asRole(async () => await explainStatements(query, contract, catalog));
      const taken = samples.get(contract.digest);
      const run = taken ? await asRole(async () => await trySamples(query, contract, catalog, taken)) : [];
      found.set(contract.digest, [...planned, ...run]);
    }
    const fresh = contracts.filter(({ head }) => head === migration);
    if (rows > 0 && fresh.length > 0) await fill();
    for (const contract of fresh)
      samples.set(contract.digest, await asRole(async () => await takeSamples(query, contract)));
    return found;
  };
}
