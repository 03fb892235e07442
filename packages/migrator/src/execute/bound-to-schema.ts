import type { Problem } from "../errors.ts";
import { type LoadedMigration, scriptOf } from "../history/load.ts";
import { findChangedRelations } from "../postgres/changed-relations.ts";
import type { Query } from "../postgres/connection.ts";
import { findForeignNames } from "../postgres/foreign-names.ts";
import type { Direction, Plan } from "../report.ts";

/** Reads something of a migration once: of many tenants, each has the same history, which is loaded once. */
function once<Found>(read: (statements: readonly string[]) => Promise<Found>) {
  const known = new WeakMap<LoadedMigration, Partial<Record<Direction, Promise<Found>>>>();
  return async (migration: LoadedMigration, direction: Direction): Promise<Found> => {
    const found = known.get(migration) ?? {};
    known.set(migration, found);
    return await (found[direction] ??= read(scriptOf(migration, direction).statements));
  };
}

const readForeign = once(async (statements) => [
  ...new Set((await Promise.all(statements.map(findForeignNames))).flat()),
]);
const readChanged = once(async (statements) => await findChangedRelations(statements.join(";\n")));

/** What is wrong with a tenant's migrations: they say something that is not of the tenant's schema alone. */
export async function findUnbound({ direction }: Plan, loaded: readonly LoadedMigration[]): Promise<Problem[]> {
  const problems = await Promise.all(loaded.map(async (migration) => await judge(migration, direction)));
  return problems.flat();
}

async function judge(migration: LoadedMigration, direction: Direction): Promise<Problem[]> {
  const names = await readForeign(migration, direction);
  if (names.length === 0) return [];
  const { name } = migration;
  const message = `${name} says ${names.join(", ")}: in a tenant's schema a migration names its tables without a schema, and what the whole database shares is in a migration of its own, marked "@shared" in a comment.`;
  return [{ code: "not-shared", migration: name, message }];
}

/**
 * What a tenant's migrations would change in `public`, because the tenant's schema has no such table: the search path finds
 * that of all tenants then.
 */
export async function findReached(
  query: Query,
  schema: string,
  { direction }: Plan,
  loaded: readonly LoadedMigration[],
): Promise<Problem[]> {
  const found = await Promise.all(
    loaded.map(async (migration) => ({ migration, ...(await readChanged(migration, direction)) })),
  );
  const made = new Set(found.flatMap((one) => one.made));
  const names = [...new Set(found.flatMap(({ changed }) => changed))].filter((name) => !made.has(name));
  if (names.length === 0) return [];
  const reached = await query<{ name: string }>(
    `select name from unnest($1::text[]) as name
      where exists (select from pg_class where relname = name and relnamespace = 'public'::regnamespace)
        and not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where relname = name and nspname = $2)`,
    [names, schema],
  );
  return reached.map(({ name }) => {
    const { migration } = found.find(({ changed }) => changed.includes(name)) ?? {};
    const message = `${migration?.name} changes ${name}, which is in public and not in the schema "${schema}": what all tenants share is changed by a migration marked "@shared".`;
    return { code: "not-shared", migration: migration?.name ?? null, message };
  });
}
