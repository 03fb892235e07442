import { defineEntity, p } from "@mikro-orm/core";
import { BaseModel, modelProperties } from "./base-model.ts";
import { Organization } from "./organization.ts";
import { Role } from "./role.ts";
import { User } from "./user.ts";

/** How `UserRole` maps to the table `user_roles`. */
export const UserRoleSchema = defineEntity({
  name: "UserRole",
  tableName: "user_roles",
  extends: BaseModel,
  properties: {
    ...modelProperties,
    user: () => p.manyToOne(User).deleteRule("cascade").index(false),
    role: () => p.manyToOne(Role).deleteRule("cascade").index(),
    /** The organization for which the role counts; null: the whole platform. */
    organization: () => p.manyToOne(Organization).nullable().deleteRule("cascade").index(),
    grantedBy: () => p.manyToOne(User).nullable().deleteRule("set null").joinColumn("granted_by").index(),
    grantedAt: p.datetime().defaultRaw("now()"),
  },
  indexes: [
    {
      // Here null equals null: a role is granted for the whole platform only once. Also the index of user_id.
      name: "uq_user_roles_user_id_role_id_organization_id",
      expression: (_columns, table, name) =>
        `create unique index "${name}" on ${table} ("user_id", "role_id", "organization_id") nulls not distinct`,
    },
  ],
});

/** A role that a user holds, in one organization or on the whole platform. */
export class UserRole extends UserRoleSchema.class {}
UserRoleSchema.setClass(UserRole);
