import { defineEntity, p } from "@mikro-orm/core";
import { BaseModel, modelProperties } from "./base-model.ts";
import { Permission } from "./permission.ts";
import { Role } from "./role.ts";

/** How `RolePermission` maps to the table `role_permissions`. */
export const RolePermissionSchema = defineEntity({
  name: "RolePermission",
  tableName: "role_permissions",
  extends: BaseModel,
  properties: {
    ...modelProperties,
    role: () => p.manyToOne(Role).deleteRule("cascade"),
    permission: () => p.manyToOne(Permission).deleteRule("cascade").index(),
  },
  uniques: [{ properties: ["role", "permission"] }],
});

/** A permission that a role holds. */
export class RolePermission extends RolePermissionSchema.class {}
RolePermissionSchema.setClass(RolePermission);
