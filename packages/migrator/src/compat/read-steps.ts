import { readCatalog } from "@thedata/catalog";
import type { Contract } from "@thedata/releases";
import { MigrationFailedError } from "../errors.ts";
import type { Context } from "../execute/context.ts";
import type { History } from "../history/history.ts";
import { buildManifest } from "../history/manifest.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";
import { type Connection, connect } from "../postgres/connection.ts";
import { findWrites } from "../releases/find-writes.ts";
import type { SchemaStep } from "../releases/judge-history.ts";
import { type ApplicationRole, createApplicationRole } from "../shadow/application-role.ts";
import { replay } from "../shadow/replay.ts";
import { type ShadowOptions, shadowApplication, withShadow } from "../shadow/shadow.ts";
import { createTrial } from "./trial.ts";

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
      await settle(connection);
      role = request.static ? undefined : await createApplicationRole(connection.query);
      const given = { ...request, ledger: context.ledger, role, load: history.load };
      const trial = request.static ? undefined : await createTrial(connection, given);
      for (const migration of request.wanted) {
        await replay(context, history.folder, dsn, migration);
        const catalog = await readCatalog(connection.query, scopeOf(context.ledger));
        const found = await trial?.(migration, catalog);
        const writes = await findWrites((await history.load(migration)).up.statements);
        const tried = found && { tried: found.byRelease, beside: found.beside };
        steps.push({ migration, link: links.get(migration) ?? "", catalog, writes, ...tried });
      }
      return steps;
    } finally {
      await role?.drop();
      await connection.close();
    }
  });
}

/** Verdicts are kept in a file: they must not depend on settings of the server or of the machine. */
async function settle({ query, client }: Connection): Promise<void> {
  const { textTypes } = await import("@thedata/releases");
  const parsers: { setTypeParser(type: number, parse: (text: string) => unknown): unknown } = client;
  for (const type of textTypes) parsers.setTypeParser(type, (text) => text);
  await query(
    "do $$ begin execute format('alter role %I in database %I set timezone to ''UTC''', current_user, current_database()); end $$",
  );
  await query("set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'");
}

async function readLinks({ folder, load }: History): Promise<ReadonlyMap<string, string>> {
  const loaded = [];
  for (const { name } of folder.files) loaded.push(await load(name));
  const { migrations } = folder.manifest ?? buildManifest(loaded);
  return new Map(migrations.map(({ name, link }) => [name, link]));
}
