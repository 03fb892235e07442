import { randomBytes } from "node:crypto";
import type { Query } from "../postgres/connection.ts";

const prefix = "migrator_shadow_role_";

/** A role of a shadow database with the rights of an application: it reads and writes rows, and owns nothing. */
export interface ApplicationRole {
  readonly name: string;
  drop(): Promise<void>;
}

/**
 * Creates the role, before anything is created that it is to have rights on; undefined where the session's role may not
 * create roles. Roles belong to the server, so it is dropped with the work.
 */
export async function createApplicationRole(query: Query): Promise<ApplicationRole | undefined> {
  const [may] = await query<{ may: boolean }>(
    "select rolsuper or rolcreaterole as may from pg_roles where rolname = current_user",
  );
  if (!may?.may) return undefined;
  await dropLeftovers(query);
  const name = `${prefix}${Date.now()}_${randomBytes(4).toString("hex")}`;
  await query(`create role ${name} nologin`);
  // Who sets a role must be a member of it, where it is no superuser.
  await query(`grant ${name} to current_user`);
  await query(`alter default privileges grant select, insert, update, delete on tables to ${name}`);
  await query(`alter default privileges grant usage, select on sequences to ${name}`);
  await query(`alter default privileges grant usage on schemas to ${name}`);
  return {
    name,
    drop: async () => {
      await query(`drop owned by ${name}`);
      await query(`drop role ${name}`);
    },
  };
}

/** Drops the roles that runs left which were killed an hour ago or longer. */
async function dropLeftovers(query: Query): Promise<void> {
  const roles = await query<{ name: string }>("select rolname as name from pg_roles where rolname like $1", [
    `${prefix}%`,
  ]);
  const old = roles.filter(({ name }) => Number(name.split("_")[3]) < Date.now() - 3_600_000);
  // One that still has rights in a database is left to the next run.
  for (const { name } of old) await query(`drop role ${name}`).catch(() => {});
}
