import { defineEntity, p } from "@mikro-orm/core";
import { BaseModel, jsonObject, modelProperties } from "./base-model.ts";
import { Organization } from "./organization.ts";
import { dataSourceTypes, healthStates } from "./values.ts";

/** How `DataSource` maps to the table `data_sources`. */
export const DataSourceSchema = defineEntity({
  name: "DataSource",
  tableName: "data_sources",
  extends: BaseModel,
  properties: {
    ...modelProperties,
    organization: () => p.manyToOne(Organization).deleteRule("cascade").index(),
    name: p.string(),
    type: p.enum(dataSourceTypes),
    config: jsonObject(),
    enabled: p.boolean().default(true),
    health: p.enum(healthStates).default("unknown").index(),
    lastSyncAt: p.datetime().nullable(),
  },
});

/** A source of data: a site, an app, a server, a device. */
export class DataSource extends DataSourceSchema.class {}
DataSourceSchema.setClass(DataSource);
