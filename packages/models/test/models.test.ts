import { describe, expect, it } from "vitest";
import {
  DataSource,
  DataSourceLog,
  DataSourceMetric,
  Organization,
  Pipeline,
  slugPattern,
  User,
  UserRole,
  Role,
  type BaseModel,
} from "../src/index.ts";
import { ada, openModels } from "./support.ts";

const acme = { name: "Acme", slug: "acme" };

describe("a new row", () => {
  it("gets its key, its time stamps and its defaults", async () => {
    const em = (await openModels()).em.fork();
    const user = em.create(User, ada);
    const organization = em.create(Organization, acme);
    const source = em.create(DataSource, { organization, name: "Site", type: "web" });
    const pipeline = em.create(Pipeline, { organization, name: "Nightly" });
    await em.flush();
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/;
    for (const row of [user, organization, source, pipeline] as { id: string; createdAt: Date; updatedAt: Date }[]) {
      expect(row).toMatchObject({
        id: expect.stringMatching(uuid),
        createdAt: expect.any(Date),
        updatedAt: expect.any(Date),
      });
    }
    expect(user).toMatchObject({ role: "viewer", isActive: true });
    expect(organization).toMatchObject({ status: "active", subscriptionTier: "free", settings: {}, metadata: {} });
    expect(source).toMatchObject({ enabled: true, health: "unknown", config: {} });
    expect(pipeline).toMatchObject({ status: "active", health: "unknown" });
  });

  it("gets the same from PostgreSQL when it is inserted by hand", async () => {
    const em = (await openModels()).em.fork();
    await em.execute("insert into users (email, full_name, hashed_password) values ('a', 'b', 'c')");
    await em.execute("insert into organizations (name, slug) values ('a', 'b')");
    expect(await em.findOneOrFail(User, { email: "a" })).toMatchObject({
      role: "viewer",
      isActive: true,
      createdAt: expect.any(Date),
    });
    expect(await em.findOneOrFail(Organization, { slug: "b" })).toMatchObject({ status: "active", settings: {} });
  });

  it("counts up where rows come by the million, as text", async () => {
    const em = (await openModels()).em.fork();
    const dataSource = em.create(DataSource, {
      organization: em.create(Organization, acme),
      name: "Site",
      type: "web",
    });
    const first = em.create(DataSourceMetric, { dataSource, name: "hits", value: 1.5 });
    const second = em.create(DataSourceLog, { dataSource, message: "hello" });
    await em.flush();
    expect(first).toMatchObject({ id: "1", value: 1.5, tags: {} });
    expect(second).toMatchObject({ id: "1", level: "info", details: {} });
  });
});

describe("updatedAt", () => {
  it("moves with every update, and createdAt does not", async () => {
    const em = (await openModels()).em.fork();
    const user = em.create(User, { ...ada, createdAt: new Date(0), updatedAt: new Date(0) });
    await em.flush();
    user.fullName = "Ada King";
    await em.flush();
    const found = await em.fork().findOneOrFail(User, user.id);
    expect(found.createdAt).toEqual(new Date(0));
    expect(found.updatedAt.getTime()).toBeGreaterThan(0);
  });
});

describe("toDictionary", () => {
  it("gives the row as a plain object", async () => {
    const em = (await openModels()).em.fork();
    const organization: BaseModel = em.create(Organization, acme);
    await em.flush();
    const dictionary = organization.toDictionary();
    expect(Object.getPrototypeOf(dictionary)).toBe(Object.prototype);
    expect(dictionary).toMatchObject({ ...acme, status: "active", settings: {}, createdAt: expect.any(Date) });
  });

  it("never holds the hashed password, nor does JSON, of a user new or read, alone or inside another row", async () => {
    const em = (await openModels()).em.fork();
    const user = em.create(User, ada);
    const role = em.create(Role, { name: "admin" });
    const grant = em.create(UserRole, { user, role });
    const texts = () =>
      [user, grant].flatMap((row) => [
        JSON.stringify(row),
        JSON.stringify(row.toDictionary()),
        JSON.stringify({ row }),
      ]);
    const beforeFlush = texts();
    await em.flush();
    const read = await em.fork().findOneOrFail(UserRole, grant.id, { populate: ["user"] });
    const all = [...beforeFlush, ...texts(), JSON.stringify(read), JSON.stringify(read.toDictionary())];
    expect(all.at(-1)).toContain(ada.email);
    for (const text of all) {
      expect(text).not.toContain("hashedPassword");
      expect(text).not.toContain(ada.hashedPassword);
    }
    expect(user.toDictionary()).not.toHaveProperty("hashedPassword");
    expect(user.hashedPassword).toBe(ada.hashedPassword);
  });
});

describe("a rule of the database", () => {
  it.each([{ slug: "Not A Slug" }, { name: "  " }, { settings: [] as never }, { status: "closed" as never }])(
    "refuses an organization with %o",
    async (row) => {
      const em = (await openModels()).em.fork();
      em.create(Organization, { ...acme, ...row });
      await expect(em.flush()).rejects.toThrow(/ck_organizations_|to set Organization\.status/);
    },
  );

  it("has the slug's pattern, which programs may use too", () => {
    const slug = new RegExp(slugPattern);
    expect(["a", "a-b", "0"].every((text) => slug.test(text))).toBe(true);
    expect(["", "A", "a-", "-a", "a--b", "a b"].some((text) => slug.test(text))).toBe(false);
  });

  it("takes two grants of one role for the whole platform for one", async () => {
    const em = (await openModels()).em.fork();
    const [user, role] = [em.create(User, ada), em.create(Role, { name: "admin" })];
    em.create(UserRole, { user, role });
    em.create(UserRole, { user, role });
    await expect(em.flush()).rejects.toThrow("uq_user_roles_user_id_role_id_organization_id");
  });
});
