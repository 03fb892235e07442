import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Organization, organizationStatuses, slugPattern, subscriptionTiers } from "@thedata/models";
import { Type } from "typebox";
import { holds, organizationsWith } from "../auth/access.ts";
import { forbidden } from "../problem.ts";
import { requireSmall } from "./json-size.ts";
import { defined, findPage, findRow, requireIn } from "./rows.ts";
import * as s from "./schemas.ts";

const status = Type.Enum(organizationStatuses);
const subscriptionTier = Type.Enum(subscriptionTiers);
const fields = {
  name: s.Name,
  slug: Type.String({ pattern: slugPattern, maxLength: 255 }),
  status,
  subscriptionTier,
  settings: s.JsonObjectValue,
  metadata: s.JsonObjectValue,
};
const { settings, metadata, ...small } = fields;
const summary = { id: s.Id, ...small, createdAt: s.Timestamp, updatedAt: s.Timestamp };
const OrganizationSummary = s.Exactly(summary);
const OrganizationView = s.Exactly({ ...summary, settings, metadata });
const { name, slug, ...optional } = fields;
const NewOrganization = s.Exactly({ name, slug, ...Type.Partial(Type.Object(optional)).properties });
const OrganizationChange = Type.Partial(Type.Object(fields), { additionalProperties: false, minProperties: 1 });

/** The routes of organizations; a permission in one organization gives access to that one only. */
export const organizationRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/organizations",
    {
      config: s.needs("organizations:read"),
      schema: {
        ...about("List organizations, without their settings and metadata"),
        querystring: s.ListQuery({ status: Type.Optional(status), subscriptionTier: Type.Optional(subscriptionTier) }),
        response: { 200: s.Page(OrganizationSummary) },
      },
    },
    async ({ em, session, query: { limit, offset, ...filters } }) => {
      const visible = organizationsWith(session.grants, "organizations:read");
      const where = { ...defined(filters), ...(visible && { id: { $in: visible } }) };
      const exclude = ["settings", "metadata"];
      return await findPage(em, Organization, where, { limit, offset }, toSummary, { exclude });
    },
  );

  app.post(
    "/organizations",
    {
      config: s.needsOnPlatform("organizations:write"),
      schema: { ...about("Create an organization"), body: NewOrganization, response: { 201: OrganizationView } },
    },
    async ({ em, body }, reply) => {
      requireSmall(body, "settings", "metadata");
      const organization = em.create(Organization, { settings: {}, metadata: {}, ...body });
      await em.flush();
      return reply.code(201).header("location", `/v1/organizations/${organization.id}`).send(toView(organization));
    },
  );

  app.get(
    "/organizations/:id",
    {
      config: s.needs("organizations:read"),
      schema: { ...about("Read an organization"), params: s.IdParams, response: { 200: OrganizationView } },
    },
    async ({ em, session, params: { id } }) => {
      requireIn(session.grants, "organizations:read", id, "organization");
      return toView(await findRow(em, Organization, id, "organization"));
    },
  );

  app.patch(
    "/organizations/:id",
    {
      config: s.needs("organizations:write"),
      schema: {
        ...about("Change an organization"),
        params: s.IdParams,
        body: OrganizationChange,
        response: { 200: OrganizationView },
      },
    },
    async ({ em, session, params: { id }, body }) => {
      requireIn(session.grants, "organizations:write", id, "organization");
      requireSmall(body, "settings", "metadata");
      // Otherwise a suspended customer could lift the suspension, or choose a more expensive tier for free.
      if ((body.status ?? body.subscriptionTier) && !holds(session.grants, "organizations:write", null))
        throw forbidden("status and subscriptionTier need the permission organizations:write on the whole platform");
      const organization = await findRow(em, Organization, id, "organization");
      em.assign(organization, body);
      await em.flush();
      return toView(organization);
    },
  );

  app.delete(
    "/organizations/:id",
    {
      config: s.needsOnPlatform("organizations:write"),
      schema: {
        ...about("Delete an organization and everything it owns"),
        params: s.IdParams,
        response: { 204: s.Nothing },
      },
    },
    async ({ em, params: { id } }, reply) => {
      await em.remove(await findRow(em, Organization, id, "organization")).flush();
      return reply.code(204).send(null);
    },
  );
};

const about = (summary: string) => s.about("organizations", summary);

function toView(row: Organization): s.ValueOf<typeof OrganizationView> {
  return { ...toSummary(row), settings: row.settings, metadata: row.metadata };
}

function toSummary(row: Organization): s.ValueOf<typeof OrganizationSummary> {
  const { id, name, slug, status, subscriptionTier } = row;
  const [createdAt, updatedAt] = [row.createdAt.toISOString(), row.updatedAt.toISOString()];
  return { id, name, slug, status, subscriptionTier, createdAt, updatedAt };
}
