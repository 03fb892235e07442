import { defineEntity, p } from "@mikro-orm/core";
import { BaseModel, modelProperties } from "./base-model.ts";

/** How `Role` maps to the table `roles`. */
export const RoleSchema = defineEntity({
  name: "Role",
  tableName: "roles",
  extends: BaseModel,
  properties: {
    ...modelProperties,
    name: p.string().unique(),
    description: p.text().nullable(),
    isSystem: p.boolean().default(false),
  },
});

/** A named set of permissions; the API does not delete a system role. */
export class Role extends RoleSchema.class {}
RoleSchema.setClass(Role);
