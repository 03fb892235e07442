import { defineEntity, p } from "@mikro-orm/core";
import { BaseModel, modelProperties } from "./base-model.ts";

/** How `Permission` maps to the table `permissions`. */
export const PermissionSchema = defineEntity({
  name: "Permission",
  tableName: "permissions",
  extends: BaseModel,
  properties: {
    ...modelProperties,
    name: p.string().unique(),
    description: p.text().nullable(),
  },
});

/** Something that can be allowed, such as `pipelines:write`. */
export class Permission extends PermissionSchema.class {}
PermissionSchema.setClass(Permission);
