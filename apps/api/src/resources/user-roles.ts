import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { EntityManager } from "@mikro-orm/postgresql";
import { Organization, Role, User, UserRole } from "@thedata/models";
import { Type } from "typebox";
import { keepAnAdministrator } from "../administrators.ts";
import { type Grants, missingFrom } from "../auth/access.ts";
import { forbidden, notFound, unprocessable } from "../problem.ts";
import { findPage, findRow } from "./rows.ts";
import { permissionsOf } from "./role-permissions.ts";
import * as s from "./schemas.ts";

const UserRoleView = s.Exactly({
  id: s.Id,
  role: s.Exactly({ id: s.Id, name: Type.String() }),
  organizationId: s.Nullable(s.Id),
  grantedBy: s.Nullable(s.Id),
  grantedAt: s.Timestamp,
});
const NewUserRole = s.Exactly({
  roleId: s.Id,
  organizationId: Type.Optional(
    Type.Union([s.Id, Type.Null()], { description: "Where the role counts; null or nothing: on the whole platform" }),
  ),
});

/** The routes of the roles that a user holds. */
export const userRoleRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/users/:id/roles",
    {
      config: s.needsOnPlatform("users:read"),
      schema: {
        ...about("List the roles that a user holds"),
        params: s.IdParams,
        querystring: s.ListQuery({}),
        response: { 200: s.Page(UserRoleView) },
      },
    },
    async ({ em, params: { id }, query }) => {
      await findRow(em, User, id, "user");
      return await findPage(em, UserRole, { user: id }, query, toView, { populate: ["role"] });
    },
  );

  app.post(
    "/users/:id/roles",
    {
      config: s.needsOnPlatform("users:write"),
      schema: {
        ...about("Grant a role to a user; only one whose permissions the caller holds"),
        params: s.IdParams,
        body: NewUserRole,
        response: { 201: UserRoleView },
      },
    },
    async ({ em, session, params: { id }, body }, reply) => {
      const user = await findRow(em, User, id, "user");
      const role = await em.findOne(Role, body.roleId);
      if (!role) throw unprocessable("There is no such role", "roleId");
      const organizationId = body.organizationId ?? null;
      await requireOwn(em, session.grants, role.id, organizationId);
      const organization = organizationId && em.getReference(Organization, organizationId);
      const granted = em.create(UserRole, { user, role, organization: organization || null, grantedBy: session.user });
      await em.flush();
      return reply.code(201).header("location", `/v1/users/${id}/roles/${granted.id}`).send(toView(granted));
    },
  );

  app.delete(
    "/users/:id/roles/:userRoleId",
    {
      config: s.needsOnPlatform("users:write"),
      schema: {
        ...about("Revoke a role of a user; takes effect with the next request"),
        params: s.Exactly({ id: s.Id, userRoleId: s.Id }),
        response: { 204: s.Nothing },
      },
    },
    async ({ em, session, params: { id, userRoleId } }, reply) => {
      await keepAnAdministrator(em, async (tx) => {
        const granted = await tx.findOne(UserRole, { id: userRoleId, user: id });
        if (!granted) throw notFound("role of this user");
        await requireOwn(tx, session.grants, granted.role.id, granted.organization?.id ?? null);
        tx.remove(granted);
      });
      return reply.code(204).send(null);
    },
  );
};

const about = (summary: string) => s.about("users", summary);

/** Throws a 403 unless the caller holds all of the role's permissions in that organization. */
async function requireOwn(
  em: EntityManager,
  grants: Grants,
  roleId: string,
  organizationId: string | null,
): Promise<void> {
  const permissions = (await permissionsOf(em, [roleId])).get(roleId) ?? [];
  const missing = missingFrom(
    grants,
    permissions.map((permission) => ({ permission, organizationId })),
  );
  if (missing.length > 0) throw forbidden(`This role holds permissions that you do not: ${missing.join(", ")}`);
}

function toView(row: UserRole): s.ValueOf<typeof UserRoleView> {
  return {
    id: row.id,
    role: { id: row.role.id, name: row.role.name },
    organizationId: row.organization?.id ?? null,
    grantedBy: row.grantedBy?.id ?? null,
    grantedAt: row.grantedAt.toISOString(),
  };
}
