import { defineEntity, p } from "@mikro-orm/core";
import { BaseModel, modelProperties } from "./base-model.ts";
import { Organization } from "./organization.ts";
import { User } from "./user.ts";
import { memberRoles } from "./values.ts";

/** How `OrganizationMember` maps to the table `organization_members`. */
export const OrganizationMemberSchema = defineEntity({
  name: "OrganizationMember",
  tableName: "organization_members",
  extends: BaseModel,
  properties: {
    ...modelProperties,
    organization: () => p.manyToOne(Organization).deleteRule("cascade"),
    user: () => p.manyToOne(User).deleteRule("cascade").index(),
    role: p.enum(memberRoles).default("member"),
  },
  uniques: [{ properties: ["organization", "user"] }],
});

/** A user's membership of an organization. */
export class OrganizationMember extends OrganizationMemberSchema.class {}
OrganizationMemberSchema.setClass(OrganizationMember);
