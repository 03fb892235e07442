import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { EntityManager } from "@mikro-orm/postgresql";
import { User } from "@thedata/models";
import { Type } from "typebox";
import { keepAnAdministrator } from "../administrators.ts";
import { missingFrom } from "../auth/access.ts";
import type { Session } from "../auth/authenticate.ts";
import { hashPassword, maximumPasswordLength, minimumPasswordLength } from "../auth/passwords.ts";
import { forbidden } from "../problem.ts";
import { defined, findPage, findRow } from "./rows.ts";
import * as s from "./schemas.ts";
import { toUserView, UserView } from "./user-view.ts";

const email = Type.String({ format: "email", maxLength: 255 });
const isActive = Type.Boolean();
const fields = {
  email,
  fullName: s.Name,
  password: Type.String({ minLength: minimumPasswordLength, maxLength: maximumPasswordLength }),
};
const NewUser = s.Exactly({ ...fields, isActive: Type.Optional(isActive) });
const UserChange = Type.Partial(Type.Object({ ...fields, isActive }), {
  additionalProperties: false,
  minProperties: 1,
});

/** The routes of users. Users belong to no organization, so only permissions on the whole platform count. */
export const userRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/users",
    {
      config: s.needsOnPlatform("users:read"),
      schema: {
        ...about("List users"),
        querystring: s.ListQuery({ email: Type.Optional(email), isActive: Type.Optional(isActive) }),
        response: { 200: s.Page(UserView) },
      },
    },
    async ({ em, query: { limit, offset, email, isActive } }) => {
      const named = email === undefined ? undefined : ((await em.getRepository(User).findByEmail(email))?.id ?? null);
      return await findPage(em, User, defined({ isActive, id: named }), { limit, offset }, toUserView);
    },
  );

  app.post(
    "/users",
    {
      config: s.needsOnPlatform("users:write"),
      schema: { ...about("Create a user, who holds no role yet"), body: NewUser, response: { 201: UserView } },
    },
    async ({ em, body: { password, ...body } }, reply) => {
      const user = em.create(User, { ...body, hashedPassword: await hashPassword(password) });
      await em.flush();
      return reply.code(201).header("location", `/v1/users/${user.id}`).send(toUserView(user));
    },
  );

  app.get(
    "/users/:id",
    {
      config: s.needsOnPlatform("users:read"),
      schema: { ...about("Read a user"), params: s.IdParams, response: { 200: UserView } },
    },
    async ({ em, params: { id } }) => toUserView(await findRow(em, User, id, "user")),
  );

  app.patch(
    "/users/:id",
    {
      config: s.needsOnPlatform("users:write"),
      schema: {
        ...about("Change a user; a new password ends the sessions that are open"),
        params: s.IdParams,
        body: UserChange,
        response: { 200: UserView },
      },
    },
    async ({ em, session, params: { id }, body: { password, ...body } }) => {
      const hashed = password === undefined ? {} : { hashedPassword: await hashPassword(password) };
      const user = await keepAnAdministrator(em, async (tx) => {
        const found = await findBelow(tx, session, id);
        return tx.assign(found, { ...body, ...hashed });
      });
      return toUserView(user);
    },
  );

  app.delete(
    "/users/:id",
    {
      config: s.needsOnPlatform("users:write"),
      schema: { ...about("Delete a user"), params: s.IdParams, response: { 204: s.Nothing } },
    },
    async ({ em, session, params: { id } }, reply) => {
      await keepAnAdministrator(em, async (tx) => tx.remove(await findBelow(tx, session, id)));
      return reply.code(204).send(null);
    },
  );
};

const about = (summary: string) => s.about("users", summary);

/** The user; throws a 403 if they hold a permission that the caller lacks: a new password would be a way to it. */
async function findBelow(em: EntityManager, { grants }: Session, id: string): Promise<User> {
  const user = await findRow(em, User, id, "user");
  const missing = missingFrom(grants, await em.getRepository(User).findPermissions(id));
  if (missing.length > 0) throw forbidden(`This user holds permissions that you do not: ${missing.join(", ")}`);
  return user;
}
