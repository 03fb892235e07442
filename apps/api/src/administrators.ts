import type { EntityManager } from "@mikro-orm/postgresql";
import { conflict } from "./problem.ts";

/** The role that administers the platform; a migration inserted it. */
export const adminRole = "admin";

/**
 * Runs `change` in a transaction; throws a 409 and rolls back when it removes the last active platform administrator. A
 * lock makes concurrent changes wait for each other, so that two cannot both pass the check.
 */
export async function keepAnAdministrator<Result>(
  em: EntityManager,
  change: (tx: EntityManager) => Promise<Result>,
): Promise<Result> {
  return await em.transactional(async (tx) => {
    await tx.execute("select id from roles where name = ? for no key update", [adminRole]);
    const before = await countAdministrators(tx);
    const result = await change(tx);
    await tx.flush();
    if (before > 0 && (await countAdministrators(tx)) === 0)
      throw conflict("This is the last active platform administrator: appoint another administrator first");
    return result;
  });
}

async function countAdministrators(em: EntityManager): Promise<number> {
  const [row] = await em.execute<{ count: number }[]>(
    `select count(distinct u.id)::int as count
       from user_roles ur
       join users u on u.id = ur.user_id and u.is_active
       join roles r on r.id = ur.role_id and r.name = ?
      where ur.organization_id is null`,
    [adminRole],
  );
  return row?.count ?? 0;
}
