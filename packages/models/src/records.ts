import { defineEntity, p } from "@mikro-orm/core";
import { BaseModel, jsonObject, recordProperties } from "./base-model.ts";
import { DataSource } from "./data-source.ts";
import { Pipeline } from "./pipeline.ts";
import { logLevels } from "./values.ts";

const metricProperties = {
  ...recordProperties,
  name: p.string(),
  value: p.double(),
  unit: p.string().length(50).nullable(),
  tags: jsonObject(),
  recordedAt: p.datetime().defaultRaw("now()"),
};

const logProperties = {
  ...recordProperties,
  level: p.enum(logLevels).default("info"),
  message: p.text(),
  details: jsonObject(),
  loggedAt: p.datetime().defaultRaw("now()"),
};

/** How `DataSourceMetric` maps to the table `data_source_metrics`. */
export const DataSourceMetricSchema = defineEntity({
  name: "DataSourceMetric",
  tableName: "data_source_metrics",
  extends: BaseModel,
  properties: { ...metricProperties, dataSource: () => p.manyToOne(DataSource).deleteRule("cascade") },
  indexes: [{ properties: ["dataSource", "recordedAt"] }],
});

/** A number that a data source reported. */
export class DataSourceMetric extends DataSourceMetricSchema.class {}
DataSourceMetricSchema.setClass(DataSourceMetric);

/** How `PipelineMetric` maps to the table `pipeline_metrics`. */
export const PipelineMetricSchema = defineEntity({
  name: "PipelineMetric",
  tableName: "pipeline_metrics",
  extends: BaseModel,
  properties: { ...metricProperties, pipeline: () => p.manyToOne(Pipeline).deleteRule("cascade") },
  indexes: [{ properties: ["pipeline", "recordedAt"] }],
});

/** A number that a pipeline reported. */
export class PipelineMetric extends PipelineMetricSchema.class {}
PipelineMetricSchema.setClass(PipelineMetric);

/** How `DataSourceLog` maps to the table `data_source_logs`. */
export const DataSourceLogSchema = defineEntity({
  name: "DataSourceLog",
  tableName: "data_source_logs",
  extends: BaseModel,
  properties: { ...logProperties, dataSource: () => p.manyToOne(DataSource).deleteRule("cascade") },
  indexes: [{ properties: ["dataSource", "loggedAt"] }],
});

/** A log line from a data source. */
export class DataSourceLog extends DataSourceLogSchema.class {}
DataSourceLogSchema.setClass(DataSourceLog);

/** How `PipelineLog` maps to the table `pipeline_logs`. */
export const PipelineLogSchema = defineEntity({
  name: "PipelineLog",
  tableName: "pipeline_logs",
  extends: BaseModel,
  properties: { ...logProperties, pipeline: () => p.manyToOne(Pipeline).deleteRule("cascade") },
  indexes: [{ properties: ["pipeline", "loggedAt"] }],
});

/** A log line from a pipeline. */
export class PipelineLog extends PipelineLogSchema.class {}
PipelineLogSchema.setClass(PipelineLog);
