import { defineEntity, p } from "@mikro-orm/core";
import { BaseModel, jsonObject, modelProperties } from "./base-model.ts";
import { organizationStatuses, subscriptionTiers } from "./values.ts";

/** The regular expression of a slug: words of lower-case letters and digits, joined by single hyphens. */
export const slugPattern = "^[a-z0-9]+(-[a-z0-9]+)*$";

/** How `Organization` maps to the table `organizations`. */
export const OrganizationSchema = defineEntity({
  name: "Organization",
  tableName: "organizations",
  extends: BaseModel,
  properties: {
    ...modelProperties,
    name: p.string(),
    slug: p.string().unique(),
    status: p.enum(organizationStatuses).default("active").index(),
    subscriptionTier: p.enum(subscriptionTiers).default("free").index(),
    settings: jsonObject(),
    metadata: jsonObject(),
  },
  checks: [
    { name: "ck_organizations_slug", property: "slug", expression: `slug ~ '${slugPattern}'` },
    { name: "ck_organizations_name", property: "name", expression: "name ~ '\\S'" },
    { name: "ck_organizations_settings", property: "settings", expression: "jsonb_typeof(settings) = 'object'" },
    { name: "ck_organizations_metadata", property: "metadata", expression: "jsonb_typeof(metadata) = 'object'" },
  ],
});

/** A customer: owns data sources, pipelines and the data that they collect. */
export class Organization extends OrganizationSchema.class {}
OrganizationSchema.setClass(Organization);
