import { type Catalog, readCatalog } from "@thedata/catalog";
import type { Contract, Finding } from "@thedata/releases";
import type { Context } from "../execute/context.ts";
import type { History } from "../history/history.ts";
import { buildManifest } from "../history/manifest.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";
import { connect, type Query } from "../postgres/connection.ts";
import { tryOut } from "../postgres/transaction.ts";
import { findWrites } from "../releases/find-writes.ts";
import type { SchemaStep } from "../releases/judge-history.ts";
import { createApplicationRole } from "../shadow/application-role.ts";
import { replay } from "../shadow/replay.ts";
import { type ShadowOptions, shadowApplication, withShadow } from "../shadow/shadow.ts";

export interface StepsRequest {
  /** The migrations, in the order of the history. */
  readonly wanted: readonly string[];
  readonly contracts: readonly Contract[];
  readonly shadow: ShadowOptions;
  /** True: no statement is planned. */
  readonly static?: boolean | undefined;
}

/** The schema after each of these migrations, and what the server says there of each release's statements. */
export async function readSteps(context: Context, history: History, request: StepsRequest): Promise<SchemaStep[]> {
  const links = await readLinks(history);
  return await withShadow(request.shadow, async (dsn) => {
    const { query, close } = await connect(dsn, shadowApplication);
    const role = request.static ? undefined : await createApplicationRole(query);
    const steps: SchemaStep[] = [];
    try {
      for (const migration of request.wanted) {
        await replay(context, history.folder, dsn, migration);
        const catalog = await readCatalog(query, scopeOf(context.ledger));
        const tried = request.static ? undefined : await tryStatements(query, request.contracts, catalog, role?.name);
        const writes = findWrites((await history.load(migration)).up.statements);
        steps.push({ migration, link: links.get(migration) ?? "", catalog, tried, writes });
      }
      return steps;
    } finally {
      await role?.drop();
      await close();
    }
  });
}

async function readLinks({ folder, load }: History): Promise<ReadonlyMap<string, string>> {
  const loaded = [];
  for (const { name } of folder.files) loaded.push(await load(name));
  const { migrations } = folder.manifest ?? buildManifest(loaded);
  return new Map(migrations.map(({ name, link }) => [name, link]));
}

/** Has the server plan the statements of each release that touch what has changed, as an application's role. */
async function tryStatements(
  query: Query,
  contracts: readonly Contract[],
  catalog: Catalog,
  role: string | undefined,
): Promise<ReadonlyMap<string, readonly Finding[]>> {
  const { explainStatements } = await import("@thedata/releases");
  const found = new Map<string, readonly Finding[]>();
  for (const contract of contracts)
    await tryOut({ query }, async () => {
      if (role !== undefined) await query(`set local role ${role}`);
      found.set(contract.digest, await explainStatements(query, contract, catalog));
    });
  return found;
}
