import type { Problem } from "../errors.ts";
import { type LoadedMigration, scriptOf } from "../history/load.ts";
import { findForeignNames } from "../postgres/foreign-names.ts";
import type { Direction, Plan } from "../report.ts";

/** What is wrong with a tenant's migrations: they say something that is not of the tenant's schema alone. */
export async function findUnbound({ direction }: Plan, loaded: readonly LoadedMigration[]): Promise<Problem[]> {
  const problems = await Promise.all(loaded.map(async (migration) => await judge(migration, direction)));
  return problems.flat();
}

// Of many tenants, each has the same history, which is loaded once.
const known = new WeakMap<LoadedMigration, Partial<Record<Direction, Promise<readonly string[]>>>>();

async function judge(migration: LoadedMigration, direction: Direction): Promise<Problem[]> {
  const found = known.get(migration) ?? {};
  known.set(migration, found);
  const names = await (found[direction] ??= find(scriptOf(migration, direction).statements));
  if (names.length === 0) return [];
  const { name } = migration;
  const message = `${name} says ${names.join(", ")}: in a tenant's schema a migration names its tables without a schema, and what the whole database shares is in a migration of its own, marked "@shared" in a comment.`;
  return [{ code: "not-shared", migration: name, message }];
}

async function find(statements: readonly string[]): Promise<readonly string[]> {
  return [...new Set((await Promise.all(statements.map(findForeignNames))).flat())];
}
