import { defineEntity, p } from "@mikro-orm/core";
import { BaseModel, jsonObject, modelProperties } from "./base-model.ts";
import { DataSource } from "./data-source.ts";
import { Organization } from "./organization.ts";
import { Pipeline } from "./pipeline.ts";
import { syncStatuses } from "./values.ts";

/** How `DataSync` maps to the table `data_syncs`. */
export const DataSyncSchema = defineEntity({
  name: "DataSync",
  tableName: "data_syncs",
  extends: BaseModel,
  properties: {
    ...modelProperties,
    organization: () => p.manyToOne(Organization).deleteRule("cascade").index(),
    dataSource: () => p.manyToOne(DataSource).deleteRule("cascade").index(),
    pipeline: () => p.manyToOne(Pipeline).nullable().deleteRule("set null").index(),
    status: p.enum(syncStatuses).default("pending").index(),
    recordsProcessed: p.bigint("number").defaultRaw("0"),
    startedAt: p.datetime().nullable(),
    finishedAt: p.datetime().nullable(),
    errorMessage: p.text().nullable(),
    metrics: jsonObject(),
  },
});

/** One transfer from a data source, running or ended. */
export class DataSync extends DataSyncSchema.class {}
DataSyncSchema.setClass(DataSync);
