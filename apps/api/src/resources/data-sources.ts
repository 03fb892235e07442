import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { DataSource, dataSourceTypes, healthStates, Organization } from "@thedata/models";
import { Type } from "typebox";
import { holds, organizationsWith } from "../auth/access.ts";
import { forbidden } from "../problem.ts";
import { requireSmall } from "./json-size.ts";
import { defined, findPage, findRow, requireIn } from "./rows.ts";
import * as s from "./schemas.ts";

const type = Type.Enum(dataSourceTypes);
const health = Type.Enum(healthStates);
const fields = { name: s.Name, type, config: s.JsonObjectValue, enabled: Type.Boolean(), health };
const { config, ...small } = fields;
const { name, enabled } = small;
const summary = {
  id: s.Id,
  organizationId: s.Id,
  ...small,
  lastSyncAt: s.Nullable(s.Timestamp),
  createdAt: s.Timestamp,
  updatedAt: s.Timestamp,
};
const DataSourceSummary = s.Exactly(summary);
const DataSourceView = s.Exactly({ ...summary, config });
const NewDataSource = s.Exactly({
  organizationId: s.Id,
  name,
  type,
  ...Type.Partial(Type.Object({ config, enabled, health })).properties,
});
// organizationId cannot change: the collected data belong to the organization.
const DataSourceChange = Type.Partial(Type.Object(fields), { additionalProperties: false, minProperties: 1 });

/** The routes of data sources, for holders of the permission in the source's organization or on the platform. */
export const dataSourceRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/data-sources",
    {
      config: s.needs("data_sources:read"),
      schema: {
        ...about("List data sources, without their config"),
        querystring: s.ListQuery({
          organizationId: Type.Optional(s.Id),
          type: Type.Optional(type),
          health: Type.Optional(health),
          enabled: Type.Optional(enabled),
        }),
        response: { 200: s.Page(DataSourceSummary) },
      },
    },
    async ({ em, session, query: { limit, offset, organizationId, ...filters } }) => {
      const visible = organizationsWith(session.grants, "data_sources:read");
      const organization = { ...(visible && { $in: visible }), ...(organizationId && { $eq: organizationId }) };
      const where = { ...defined(filters), ...(Object.keys(organization).length > 0 && { organization }) };
      return await findPage(em, DataSource, where, { limit, offset }, toSummary, { exclude: ["config"] });
    },
  );

  app.post(
    "/data-sources",
    {
      config: s.needs("data_sources:write"),
      schema: { ...about("Create a data source"), body: NewDataSource, response: { 201: DataSourceView } },
    },
    async ({ em, session, body: { organizationId, ...body } }, reply) => {
      if (!holds(session.grants, "data_sources:write", organizationId))
        throw forbidden("This needs the permission data_sources:write in that organization");
      requireSmall(body, "config");
      const source = em.create(DataSource, {
        config: {},
        ...body,
        organization: em.getReference(Organization, organizationId),
      });
      await em.flush();
      return reply.code(201).header("location", `/v1/data-sources/${source.id}`).send(toView(source));
    },
  );

  app.get(
    "/data-sources/:id",
    {
      config: s.needs("data_sources:read"),
      schema: { ...about("Read a data source"), params: s.IdParams, response: { 200: DataSourceView } },
    },
    async ({ em, session, params: { id } }) => {
      const source = await findRow(em, DataSource, id, "data source");
      requireIn(session.grants, "data_sources:read", source.organization.id, "data source");
      return toView(source);
    },
  );

  app.patch(
    "/data-sources/:id",
    {
      config: s.needs("data_sources:write"),
      schema: {
        ...about("Change a data source"),
        params: s.IdParams,
        body: DataSourceChange,
        response: { 200: DataSourceView },
      },
    },
    async ({ em, session, params: { id }, body }) => {
      requireSmall(body, "config");
      const source = await findRow(em, DataSource, id, "data source");
      requireIn(session.grants, "data_sources:write", source.organization.id, "data source");
      em.assign(source, body);
      await em.flush();
      return toView(source);
    },
  );

  app.delete(
    "/data-sources/:id",
    {
      config: s.needs("data_sources:write"),
      schema: {
        ...about("Delete a data source with its metrics and logs"),
        params: s.IdParams,
        response: { 204: s.Nothing },
      },
    },
    async ({ em, session, params: { id } }, reply) => {
      const source = await findRow(em, DataSource, id, "data source");
      requireIn(session.grants, "data_sources:write", source.organization.id, "data source");
      await em.remove(source).flush();
      return reply.code(204).send(null);
    },
  );
};

const about = (summary: string) => s.about("data sources", summary);

function toView(row: DataSource): s.ValueOf<typeof DataSourceView> {
  return { ...toSummary(row), config: row.config };
}

function toSummary(row: DataSource): s.ValueOf<typeof DataSourceSummary> {
  const { id, name, type, enabled, health } = row;
  const lastSyncAt = row.lastSyncAt?.toISOString() ?? null;
  const [createdAt, updatedAt] = [row.createdAt.toISOString(), row.updatedAt.toISOString()];
  return { id, organizationId: row.organization.id, name, type, enabled, health, lastSyncAt, createdAt, updatedAt };
}
