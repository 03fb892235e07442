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

/** Everything that a user may do, and where. */
export type Grants = readonly GrantedPermission[];

/** Whether `permission` is held in the organization; null asks for the whole platform. */
export function holds(grants: Grants, permission: string, organizationId: string | null): boolean {
  return grants.some(
    (grant) =>
      grant.permission === permission && (grant.organizationId === null || grant.organizationId === organizationId),
  );
}

/** Whether `permission` is held anywhere at all. */
export function holdsAnywhere(grants: Grants, permission: string): boolean {
  return grants.some((grant) => grant.permission === permission);
}

/** The organizations in which `permission` is held; null: in every one. */
export function organizationsWith(grants: Grants, permission: string): string[] | null {
  if (holds(grants, permission, null)) return null;
  return grants.flatMap((grant) =>
    grant.permission === permission && grant.organizationId ? [grant.organizationId] : [],
  );
}

/** What of `wanted` the grants do not cover: nobody passes on what they do not hold themselves. */
export function missingFrom(grants: Grants, wanted: Grants): string[] {
  const missing = wanted.filter(({ permission, organizationId }) => !holds(grants, permission, organizationId));
  return [...new Set(missing.map(({ permission }) => permission))];
}
