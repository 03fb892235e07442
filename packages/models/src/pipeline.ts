import { defineEntity, p } from "@mikro-orm/core";
import { BaseModel, jsonObject, modelProperties } from "./base-model.ts";
import { DataSource } from "./data-source.ts";
import { Organization } from "./organization.ts";
import { healthStates, type JsonObject, pipelineStatuses } from "./values.ts";

/** How `Pipeline` maps to the table `pipelines`. */
export const PipelineSchema = defineEntity({
  name: "Pipeline",
  tableName: "pipelines",
  extends: BaseModel,
  properties: {
    ...modelProperties,
    organization: () => p.manyToOne(Organization).deleteRule("cascade").index(),
    dataSource: () => p.manyToOne(DataSource).nullable().deleteRule("set null").index(),
    name: p.string(),
    description: p.text().nullable(),
    status: p.enum(pipelineStatuses).default("active").index(),
    config: jsonObject(),
    schedule: p.json<JsonObject>().nullable(),
    health: p.enum(healthStates).default("unknown").index(),
    lastRunAt: p.datetime().nullable(),
    nextRunAt: p.datetime().nullable(),
  },
});

/** A processing of data, and its schedule. */
export class Pipeline extends PipelineSchema.class {}
PipelineSchema.setClass(Pipeline);
