/** The closed sets of values; the database has a CHECK for each. */
export const platformRoles = ["admin", "operator", "analyst", "viewer"] as const;
export const memberRoles = ["owner", "admin", "member", "viewer"] as const;
export const organizationStatuses = ["active", "suspended", "deactivated"] as const;
export const subscriptionTiers = ["free", "starter", "professional", "enterprise"] as const;
export const dataSourceTypes = ["web", "mobile", "server", "iot", "custom"] as const;
export const healthStates = ["healthy", "degraded", "unhealthy", "unknown"] as const;
export const pipelineStatuses = ["active", "paused", "failed", "completed"] as const;
export const syncStatuses = ["pending", "running", "completed", "failed"] as const;
export const logLevels = ["debug", "info", "warning", "error", "critical"] as const;

/** One value of each set. */
export type PlatformRole = (typeof platformRoles)[number];
export type MemberRole = (typeof memberRoles)[number];
export type OrganizationStatus = (typeof organizationStatuses)[number];
export type SubscriptionTier = (typeof subscriptionTiers)[number];
export type DataSourceType = (typeof dataSourceTypes)[number];
export type HealthState = (typeof healthStates)[number];
export type PipelineStatus = (typeof pipelineStatuses)[number];
export type SyncStatus = (typeof syncStatuses)[number];
export type LogLevel = (typeof logLevels)[number];

/** A JSON object in a `jsonb` column. */
export type JsonObject = Record<string, unknown>;
