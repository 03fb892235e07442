import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Role } from "@thedata/models";
import { Type } from "typebox";
import { adminRole } from "../administrators.ts";
import { conflict } from "../problem.ts";
import { claimRoleName } from "./role-names.ts";
import { permissionsOf, requireHeld, setPermissions } from "./role-permissions.ts";
import { findPage, findRow } from "./rows.ts";
import * as s from "./schemas.ts";

const fields = {
  name: s.Name,
  description: s.Nullable(Type.String({ maxLength: 2000 })),
  permissions: Type.Array(Type.String({ maxLength: 255 }), { uniqueItems: true, maxItems: 500 }),
};
const RoleView = s.Exactly({
  id: s.Id,
  ...fields,
  isSystem: Type.Boolean(),
  createdAt: s.Timestamp,
  updatedAt: s.Timestamp,
});
const { name, ...optional } = fields;
const NewRole = s.Exactly({ name, ...Type.Partial(Type.Object(optional)).properties });
const RoleChange = Type.Partial(Type.Object(fields), { additionalProperties: false, minProperties: 1 });

/** The routes of roles and their permissions. */
export const roleRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/roles",
    {
      config: s.needsOnPlatform("roles:read"),
      schema: { ...about("List roles"), querystring: s.ListQuery({}), response: { 200: s.Page(RoleView) } },
    },
    async ({ em, query }) => {
      const page = await findPage(em, Role, {}, query, (role) => role);
      const permissions = await permissionsOf(
        em,
        page.items.map(({ id }) => id),
      );
      return { ...page, items: page.items.map((role) => toView(role, permissions.get(role.id) ?? [])) };
    },
  );

  app.post(
    "/roles",
    {
      config: s.needsOnPlatform("roles:write"),
      schema: {
        ...about("Create a role; only with permissions that the caller holds"),
        body: NewRole,
        response: { 201: RoleView },
      },
    },
    async ({ em, session, body: { permissions = [], ...body } }, reply) => {
      const role = await em.transactional(async (tx) => {
        await claimRoleName(tx, body.name, null);
        const created = tx.create(Role, body);
        await tx.flush();
        await setPermissions(tx, created, permissions, session.grants);
        return created;
      });
      return reply.code(201).header("location", `/v1/roles/${role.id}`).send(toView(role, permissions.toSorted()));
    },
  );

  app.get(
    "/roles/:id",
    {
      config: s.needsOnPlatform("roles:read"),
      schema: { ...about("Read a role"), params: s.IdParams, response: { 200: RoleView } },
    },
    async ({ em, params: { id } }) => {
      const role = await findRow(em, Role, id, "role");
      return toView(role, (await permissionsOf(em, [id])).get(id) ?? []);
    },
  );

  app.patch(
    "/roles/:id",
    {
      config: s.needsOnPlatform("roles:write"),
      schema: {
        ...about("Change a role whose permissions the caller holds; `permissions` replaces all that it holds"),
        params: s.IdParams,
        body: RoleChange,
        response: { 200: RoleView },
      },
    },
    async ({ em, session, params: { id }, body: { permissions, ...body } }) => {
      const role = await em.transactional(async (tx) => {
        const found = await findRow(tx, Role, id, "role");
        requireHeld(session.grants, (await permissionsOf(tx, [id])).get(id) ?? []);
        if (found.isSystem && body.name !== undefined) throw conflict("A system role keeps its name", "name");
        if (found.name === adminRole && permissions) throw conflict("This role keeps its permissions", "permissions");
        if (body.name !== undefined) await claimRoleName(tx, body.name, id);
        tx.assign(found, body);
        if (permissions) await setPermissions(tx, found, permissions, session.grants);
        return found;
      });
      return toView(role, (await permissionsOf(em, [id])).get(id) ?? []);
    },
  );

  app.delete(
    "/roles/:id",
    {
      config: s.needsOnPlatform("roles:write"),
      schema: {
        ...about("Delete a role; its holders lose it"),
        params: s.IdParams,
        response: { 204: s.Nothing },
      },
    },
    async ({ em, session, params: { id } }, reply) => {
      const role = await findRow(em, Role, id, "role");
      if (role.isSystem) throw conflict("A system role cannot be deleted");
      requireHeld(session.grants, (await permissionsOf(em, [id])).get(id) ?? []);
      await em.remove(role).flush();
      return reply.code(204).send(null);
    },
  );
};

const about = (summary: string) => s.about("roles", summary);

function toView(row: Role, permissions: string[]): s.ValueOf<typeof RoleView> {
  const { id, name, isSystem } = row;
  const [createdAt, updatedAt] = [row.createdAt.toISOString(), row.updatedAt.toISOString()];
  return { id, name, description: row.description ?? null, permissions, isSystem, createdAt, updatedAt };
}
