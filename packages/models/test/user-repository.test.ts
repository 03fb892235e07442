import { describe, expect, it } from "vitest";
import { Organization, Permission, Role, RolePermission, User, UserRepository, UserRole } from "../src/index.ts";
import { ada, openModels } from "./support.ts";

describe("findByEmail", () => {
  it("finds a user whatever the case of the address, and gives null for a stranger", async () => {
    const em = (await openModels()).em.fork();
    const user = em.create(User, ada);
    await em.flush();
    const users = em.fork().getRepository(User);
    expect(users).toBeInstanceOf(UserRepository);
    for (const email of [ada.email, "ada@example.com", "ADA@EXAMPLE.COM"])
      expect(await users.findByEmail(email)).toMatchObject({ id: user.id, hashedPassword: ada.hashedPassword });
    for (const email of ["", "ada", "ada@example.co", "%", "' or true --"])
      expect(await users.findByEmail(email)).toBeNull();
  });

  it("finds the only one: another spelling of the address is no second user", async () => {
    const em = (await openModels()).em.fork();
    em.create(User, ada);
    em.create(User, { ...ada, email: "ada@EXAMPLE.com" });
    await expect(em.flush()).rejects.toThrow("uq_users_email_lower");
  });
});

describe("findPermissions", () => {
  /** Ada is an editor on the whole platform and in Acme, and a reader in Acme. */
  async function start() {
    const em = (await openModels()).em.fork();
    const user = em.create(User, ada);
    const stranger = em.create(User, { ...ada, email: "stranger@example.com" });
    const acme = em.create(Organization, { name: "Acme", slug: "acme" });
    const [editor, reader] = [em.create(Role, { name: "editor" }), em.create(Role, { name: "reader" })];
    const [read, write] = ["pipelines:read", "pipelines:write"].map((name) => em.create(Permission, { name }));
    if (!read || !write) throw new Error("no permissions");
    for (const [role, permission] of [
      [editor, read],
      [editor, write],
      [reader, read],
    ] as const)
      em.create(RolePermission, { role, permission });
    const everywhere = em.create(UserRole, { user, role: editor });
    em.create(UserRole, { user, role: editor, organization: acme });
    em.create(UserRole, { user, role: reader, organization: acme });
    await em.flush();
    return { em, user, stranger, acme, everywhere, users: em.getRepository(User) };
  }

  it("gives each permission of the user's roles once for each place, sorted", async () => {
    const { user, acme, users } = await start();
    const places = [acme.id, null];
    expect(await users.findPermissions(user.id)).toEqual(
      ["pipelines:read", "pipelines:write"].flatMap((permission) =>
        places.map((organizationId) => ({ permission, organizationId })),
      ),
    );
  });

  it("gives nothing for a user without roles, or who does not exist", async () => {
    const { stranger, users } = await start();
    expect(await users.findPermissions(stranger.id)).toEqual([]);
    expect(await users.findPermissions("00000000-0000-4000-8000-000000000000")).toEqual([]);
  });

  it("misses a role as soon as it is taken away", async () => {
    const { em, user, acme, everywhere, users } = await start();
    await em.remove(everywhere).flush();
    const left = await users.findPermissions(user.id);
    expect(left.map(({ organizationId }) => organizationId)).toEqual([acme.id, acme.id]);
  });
});
