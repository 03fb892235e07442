import { type DevPostgres, type PostgresVersion, startPostgres } from "@thedata/dev-postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  addUserRoles,
  column,
  fixSchema,
  initialSchema,
  insert,
  insertUser,
  openHistory,
  type Sql,
  updateOrganizations,
} from "./support.ts";

const versions: PostgresVersion[] = [15, 16, 17, 18];
const roles = ["admin", "operator", "analyst", "viewer"];
const unique = { code: "23505" };
const broken = { code: "23514" };

describe.each(versions)("on PostgreSQL %s", (version) => {
  let server: DevPostgres;
  beforeAll(async () => {
    server = await startPostgres({ version, source: "embedded" });
  });
  afterAll(async () => await server?.stop());
  const open = async (name?: string) => await openHistory(server.dsn, name);

  describe("initial_schema", () => {
    it("uses an enum user_role that stands there already", async () => {
      const { sql, up } = await open();
      await sql("create type user_role as enum ('admin', 'operator', 'analyst', 'viewer')");
      await up();
      await insertUser(sql, "operator");
      expect(await column(sql, "select role from users")).toEqual(["operator"]);
    });

    it("goes with its owner, and pipelines outlive their source", async () => {
      const { sql } = await open(initialSchema);
      const organization = await insert(sql, "organizations", { name: "Acme", slug: "acme" });
      const owned = { organization_id: organization["id"], name: "x" };
      const source = await insert(sql, "data_sources", { ...owned, type: "web" });
      const pipeline = await insert(sql, "pipelines", { ...owned, data_source_id: source["id"] });
      await insert(sql, "pipeline_logs", { pipeline_id: pipeline["id"], message: "x" });
      await sql("delete from data_sources");
      expect(await column(sql, "select data_source_id from pipelines")).toEqual([null]);
      await sql("delete from organizations");
      expect(await column(sql, "select count(*)::int from pipeline_logs")).toEqual([0]);
    });
  });

  describe("fix_schema", () => {
    const everyRole = "select role::text from users order by email";

    it("keeps the role of every user on the way from enum to text and back", async () => {
      const { sql, up, down } = await open(initialSchema);
      for (const role of roles) await insertUser(sql, role);
      const before = await sql(
        "select id, email, full_name, hashed_password, role::text, created_at from users order by id",
      );
      await up(fixSchema);
      expect(
        await column(
          sql,
          "select data_type from information_schema.columns where table_name = 'users' and column_name = 'role'",
        ),
      ).toEqual(["text"]);
      expect(await column(sql, everyRole)).toEqual(roles.toSorted());
      await down();
      expect(
        await sql("select id, email, full_name, hashed_password, role::text, created_at from users order by id"),
      ).toEqual(before);
      expect(
        await column(
          sql,
          "select data_type from information_schema.columns where table_name = 'users' and column_name = 'role'",
        ),
      ).toEqual(["USER-DEFINED"]);
      await up();
      expect(await column(sql, everyRole)).toEqual(roles.toSorted());
    });

    it("keeps the default role both ways, and refuses an unknown one", async () => {
      const { sql, up, down } = await open(fixSchema);
      const somebody = { full_name: "x", hashed_password: "x" };
      expect(await insert(sql, "users", { ...somebody, email: "a@example.com" })).toMatchObject({
        role: "viewer",
        is_active: true,
      });
      await expect(insertUser(sql, "king")).rejects.toMatchObject(broken);
      await down();
      expect(await insert(sql, "users", { ...somebody, email: "b@example.com" })).toMatchObject({ role: "viewer" });
      await up();
    });

    it("makes addresses unique whatever their case, and only while it is applied", async () => {
      const { sql, down } = await open(fixSchema);
      await insertUser(sql, "viewer", "ada@example.com");
      await expect(insertUser(sql, "viewer", "ADA@Example.com")).rejects.toMatchObject(unique);
      await down();
      await insertUser(sql, "viewer", "ADA@Example.com");
      await expect(insertUser(sql, "viewer", "ada@example.com")).rejects.toMatchObject(unique);
    });

    it("changes nothing where two addresses differ only by their case", async () => {
      const { sql, up } = await open(initialSchema);
      await insertUser(sql, "viewer", "ada@example.com");
      await insertUser(sql, "viewer", "Ada@example.com");
      await expect(up(fixSchema)).rejects.toMatchObject(unique);
      expect(await column(sql, "select email from users order by 1")).toHaveLength(2);
      expect(await column(sql, "select to_regclass('permissions')")).toEqual([null]);
    });
  });

  describe("add_user_roles", () => {
    const grants =
      "select role || ' ' || name from role_permissions rp join permissions p on p.id = permission_id order by 1";
    const linked =
      "select r.name || ' ' || p.name from role_permissions rp join permissions p on p.id = permission_id join roles r on r.id = role_id order by 1";

    async function allow(sql: Sql, role: string, permission: string, description: string | null = null) {
      const [found] = await sql<{ id: string }>("select id from permissions where name = $1", [permission]);
      const row = found ?? (await insert<{ id: string }>(sql, "permissions", { name: permission, description }));
      await insert(sql, "role_permissions", { role, permission_id: row.id });
    }

    it("turns role names into references and back, those of nobody too", async () => {
      const { sql, up, down } = await open(fixSchema);
      await allow(sql, "analyst", "reports:read");
      await allow(sql, "auditor", "reports:read");
      await allow(sql, "auditor", "logs:read", "my own words");
      const [rows, before] = [
        await sql("select id, role, permission_id from role_permissions order by id"),
        await column(sql, grants),
      ];
      await up(addUserRoles);
      expect(await column(sql, linked)).toEqual(expect.arrayContaining(before));
      await down();
      expect(await sql("select id, role, permission_id from role_permissions order by id")).toEqual(rows);
      await up(addUserRoles);
      expect(await column(sql, linked)).toEqual(expect.arrayContaining(before));
    });

    it("makes a grant for the whole platform of every user's old role, and keeps users.role", async () => {
      const { sql, up, down } = await open(fixSchema);
      for (const role of roles) await insertUser(sql, role);
      await insertUser(sql, "viewer", "second@example.com");
      await up(addUserRoles);
      const held = await sql(
        "select email, r.name, organization_id, granted_by from user_roles ur join users u on u.id = user_id join roles r on r.id = role_id order by 1",
      );
      const nowhere = { organization_id: null, granted_by: null };
      expect(held).toEqual(
        [
          ...roles.map((name) => ({ email: `${name}@example.com`, name, ...nowhere })),
          { email: "second@example.com", name: "viewer", ...nowhere },
        ].toSorted((a, b) => (a.email < b.email ? -1 : 1)),
      );
      await down();
      expect(await column(sql, "select role from users order by email")).toEqual([
        "admin",
        "analyst",
        "operator",
        "viewer",
        "viewer",
      ]);
    });

    it("gives the admin role every default permission, and makes no user", async () => {
      const { sql } = await open(addUserRoles);
      expect(await sql("select name, is_system from roles")).toEqual([{ name: "admin", is_system: true }]);
      const permissions = await column(sql, "select name from permissions order by 1");
      expect(permissions).toHaveLength(16);
      expect(permissions).toContain("pipelines:write");
      expect(await column(sql, linked)).toEqual(permissions.map((name) => `admin ${name}`));
      expect(await column(sql, "select count(*)::int from users")).toEqual([0]);
    });

    it("leaves the permissions that stood before as they were, and takes only its own away again", async () => {
      const { sql, up, down } = await open(fixSchema);
      await allow(sql, "admin", "logs:read", "my own words");
      await allow(sql, "admin", "reports:read");
      const before = await sql("select * from permissions order by name");
      await up(addUserRoles);
      expect(await column(sql, "select description from permissions where name = 'logs:read'")).toEqual([
        "my own words",
      ]);
      expect(await column(sql, "select count(*)::int from permissions")).toEqual([17]);
      await down();
      expect(await sql("select * from permissions order by name")).toEqual(before);
      expect(await column(sql, grants)).toEqual(["admin logs:read", "admin reports:read"]);
    });

    it("takes two grants for the whole platform for one", async () => {
      const { sql } = await open(addUserRoles);
      const user = await insertUser(sql, "viewer");
      const [role] = await sql<{ id: string }>("select id from roles");
      const grant = { user_id: user["id"], role_id: role?.id };
      await insert(sql, "user_roles", grant);
      await expect(insert(sql, "user_roles", grant)).rejects.toMatchObject(unique);
    });

    it("loses on the way down the roles that no permission names, as it says", async () => {
      const { sql, up, down } = await open(addUserRoles);
      await insert(sql, "roles", { name: "unused" });
      await down();
      await up(addUserRoles);
      expect(await column(sql, "select name from roles")).toEqual(["admin"]);
    });
  });

  describe("update_organizations_001", () => {
    const slugs = "select slug from organizations order by created_at, id";

    /** Inserts organizations with these slugs, a second apart and oldest first, and applies the migration. */
    async function organizationsWith(given: readonly string[]) {
      const history = await open(addUserRoles);
      for (const [index, slug] of given.entries())
        await insert(history.sql, "organizations", {
          name: `Organization ${index}`,
          slug,
          created_at: new Date(index * 1000),
        });
      await history.up(updateOrganizations);
      return history;
    }

    it.each([
      { what: "sound slugs, untouched", given: ["acme", "a-b-c", "0"], become: ["acme", "a-b-c", "0"] },
      { what: "capitals and blanks", given: ["Acme Corp", " x "], become: ["acme-corp", "x"] },
      { what: "hyphens in the wrong place", given: ["-a--b-", "--"], become: ["a-b", "organization"] },
      { what: "other alphabets", given: ["Žižkov", "日本", "naïve"], become: ["i-kov", "organization", "na-ve"] },
      { what: "nothing at all", given: [""], become: ["organization"] },
      {
        what: "slugs that become the same",
        given: ["a_b", "a.b", "a b", "A-B"],
        become: ["a-b", "a-b-2", "a-b-3", "a-b-4"],
      },
      {
        what: "a slug that somebody sound holds already",
        given: ["A_B", "a-b", "a-b-2"],
        become: ["a-b-3", "a-b", "a-b-2"],
      },
      {
        what: "several without a single letter",
        given: ["!", "?", "organization"],
        become: ["organization-2", "organization-3", "organization"],
      },
      {
        what: "the longest",
        given: ["A".repeat(255), "B_".repeat(127)],
        become: ["a".repeat(240), "b-".repeat(119) + "b"],
      },
      {
        what: "the longest twice",
        given: ["A".repeat(255), "A".repeat(254)],
        become: ["a".repeat(240), `${"a".repeat(240)}-2`],
      },
    ])("rewrites $what, and down puts back what stood before", async ({ given, become }) => {
      const { sql, down, up } = await organizationsWith(given);
      expect(await column(sql, slugs)).toEqual(become);
      await down();
      expect(await column(sql, slugs)).toEqual(given);
      await up();
      expect(await column(sql, slugs)).toEqual(become);
    });

    it("leaves a slug that was changed since as it is on the way down", async () => {
      const { sql, down } = await organizationsWith(["Acme Corp", "Other One"]);
      await sql("update organizations set slug = 'chosen' where slug = 'acme-corp'");
      await down();
      expect(await column(sql, slugs)).toEqual(["chosen", "Other One"]);
    });

    it("names an organization without a name by its slug, and down takes the name away again", async () => {
      const { sql, up, down } = await open(addUserRoles);
      await insert(sql, "organizations", { name: "   ", slug: "Blank One" });
      await insert(sql, "organizations", { name: "Acme", slug: "acme" });
      await up(updateOrganizations);
      expect(await column(sql, "select name from organizations order by slug")).toEqual(["Acme", "blank-one"]);
      await down();
      expect(await sql('select name, slug from organizations order by slug collate "C"')).toEqual([
        { name: "   ", slug: "Blank One" },
        { name: "Acme", slug: "acme" },
      ]);
    });

    it("gives every row from before the defaults, and keeps the rest of it", async () => {
      const { sql, up } = await open(addUserRoles);
      const before = await insert(sql, "organizations", { name: "Acme", slug: "acme" });
      await up(updateOrganizations);
      expect(await sql("select * from organizations")).toEqual([
        { ...before, status: "active", subscription_tier: "free", settings: {}, metadata: {} },
      ]);
    });

    it("refuses from then on what breaks its rules", async () => {
      const { sql } = await open(updateOrganizations);
      const slugs = ["Acme", "a--b", "-a", "a-", "", "a\n"].map((slug) => ({ slug }));
      const objects = [{ settings: "[]" }, { settings: "null" }, { metadata: '"text"' }];
      const rest = [{ name: "" }, { name: "  " }, { status: "closed" }, { subscription_tier: "gold" }];
      for (const row of [...slugs, ...objects, ...rest]) {
        const error = await insert(sql, "organizations", { name: "x", slug: "x", ...row }).catch(
          (cause: unknown) => cause,
        );
        expect({ row, code: (error as { code?: string }).code }).toEqual({ row, ...broken });
      }
    });

    it("loses status, tier, settings and metadata on the way down, as it says, and nothing else", async () => {
      const { sql, up, down } = await organizationsWith(["acme"]);
      await sql(`update organizations set status = 'suspended', settings = '{"a": 1}'`);
      await down();
      await up(updateOrganizations);
      expect(await sql("select name, slug, status, settings from organizations")).toEqual([
        { name: "Organization 0", slug: "acme", status: "active", settings: {} },
      ]);
    });
  });
});
