import type { GrantedPermission } from "@thedata/models";

const resources = [
  "organizations",
  "users",
  "roles",
  "data_sources",
  "pipelines",
  "metrics",
  "logs",
  "data_syncs",
] as const;

/** A permission's name, as the migration `add_user_roles` inserted it. */
export type PermissionName = `${(typeof resources)[number]}:${"read" | "write"}`;

/** All permissions of a user, each with its organization. */
export type Grants = readonly GrantedPermission[];

/** Whether the grants include `permission` in the organization; null means the whole platform. */
export function holds(grants: Grants, permission: string, organizationId: string | null): boolean {
  return grants.some(
    (grant) =>
      grant.permission === permission && (grant.organizationId === null || grant.organizationId === organizationId),
  );
}

/** Whether the grants include `permission` in any organization or on the platform. */
export function holdsAnywhere(grants: Grants, permission: string): boolean {
  return grants.some((grant) => grant.permission === permission);
}

/** The ids of the organizations in which the grants include `permission`; null: all. */
export function organizationsWith(grants: Grants, permission: string): string[] | null {
  if (holds(grants, permission, null)) return null;
  return grants.flatMap((grant) =>
    grant.permission === permission && grant.organizationId ? [grant.organizationId] : [],
  );
}

/** The permissions in `wanted` that the grants do not include: nobody may pass on a permission that they lack. */
export function missingFrom(grants: Grants, wanted: Grants): string[] {
  const missing = wanted.filter(({ permission, organizationId }) => !holds(grants, permission, organizationId));
  return [...new Set(missing.map(({ permission }) => permission))];
}
