import type { Options } from "@mikro-orm/postgresql";
import { DataSource } from "./data-source.ts";
import { DataSync } from "./data-sync.ts";
import { NamedConstraintsStrategy } from "./naming-strategy.ts";
import { Organization } from "./organization.ts";
import { OrganizationMember } from "./organization-member.ts";
import { Permission } from "./permission.ts";
import { Pipeline } from "./pipeline.ts";
import { DataSourceLog, DataSourceMetric, PipelineLog, PipelineMetric } from "./records.ts";
import { Role } from "./role.ts";
import { RolePermission } from "./role-permission.ts";
import { User } from "./user.ts";
import { UserRole } from "./user-role.ts";

/** Every model, owners before what they own. */
export const entities = [
  User,
  Organization,
  OrganizationMember,
  Role,
  Permission,
  RolePermission,
  UserRole,
  DataSource,
  Pipeline,
  DataSync,
  DataSourceMetric,
  PipelineMetric,
  DataSourceLog,
  PipelineLog,
];

/** The MikroORM options that every program with these models must share; add the connection (`clientUrl`). */
export const ormOptions: Options = {
  entities,
  namingStrategy: NamedConstraintsStrategy,
  forceUtcTimezone: true,
};
