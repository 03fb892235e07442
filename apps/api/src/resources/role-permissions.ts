import type { EntityManager } from "@mikro-orm/postgresql";
import { Permission, type Role, RolePermission } from "@thedata/models";
import { type Grants, missingFrom } from "../auth/access.ts";
import { forbidden, unprocessable } from "../problem.ts";

/** The names of each role's permissions, sorted, by the role's id. */
export async function permissionsOf(em: EntityManager, roleIds: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await em.execute<{ roleId: string; name: string }[]>(
    `select rp.role_id as "roleId", p.name
       from role_permissions rp join permissions p on p.id = rp.permission_id
      where rp.role_id = any(?::uuid[]) order by p.name`,
    [`{${roleIds.join(",")}}`],
  );
  const names = new Map<string, string[]>(roleIds.map((id) => [id, []]));
  for (const { roleId, name } of rows) names.get(roleId)?.push(name);
  return names;
}

/**
 * Sets the role's permissions in the caller's transaction. Throws a 422 for an unknown permission, and a 403 for an
 * added or removed one that the caller does not hold on the whole platform.
 */
export async function setPermissions(
  em: EntityManager,
  role: Role,
  names: readonly string[],
  grants: Grants,
): Promise<void> {
  const wanted = await em.find(Permission, { name: { $in: [...names] } });
  const unknown = names.filter((name) => !wanted.some((permission) => permission.name === name));
  if (unknown.length > 0) throw unprocessable(`There is no permission ${unknown.join(", ")}`, "permissions");
  const held = await em.find(RolePermission, { role: role.id }, { populate: ["permission"] });
  const added = wanted.filter((permission) => !held.some((row) => row.permission.id === permission.id));
  const removed = held.filter((row) => !wanted.some(({ id }) => id === row.permission.id));
  requireHeld(
    grants,
    [...added, ...removed.map(({ permission }) => permission)].map(({ name }) => name),
  );
  for (const row of removed) em.remove(row);
  for (const permission of added) em.create(RolePermission, { role, permission });
  await em.flush();
}

/** Throws a 403 that names the permissions which the caller does not hold on the whole platform. */
export function requireHeld(grants: Grants, permissions: readonly string[]): void {
  const missing = missingFrom(
    grants,
    permissions.map((permission) => ({ permission, organizationId: null })),
  );
  if (missing.length > 0) throw forbidden(`You do not hold these permissions yourself: ${missing.join(", ")}`);
}
