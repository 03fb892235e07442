import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { insertRole, nowhere, type Person, startApi, type TestApi } from "./support.ts";

let api: TestApi;
let powerless: Person;
beforeAll(async () => {
  api = await startApi();
  // Holds only permissions that no route requires.
  powerless = await api.person({ permissions: ["logs:read", "metrics:write", "pipelines:write"] });
});
afterAll(async () => await api.close());

/**
 * Every route that needs a permission, the status that its holder gets with no body or an unknown row, and whether the
 * permission must be held on the platform.
 */
const routes = [
  { method: "GET", url: "/v1/organizations", permission: "organizations:read", found: 200 },
  { method: "POST", url: "/v1/organizations", permission: "organizations:write", found: 400 },
  { method: "GET", url: `/v1/organizations/${nowhere}`, permission: "organizations:read", found: 404 },
  { method: "PATCH", url: `/v1/organizations/${nowhere}`, permission: "organizations:write", found: 400 },
  { method: "DELETE", url: `/v1/organizations/${nowhere}`, permission: "organizations:write", found: 404 },
  { method: "GET", url: "/v1/data-sources", permission: "data_sources:read", found: 200 },
  { method: "POST", url: "/v1/data-sources", permission: "data_sources:write", found: 400 },
  { method: "GET", url: `/v1/data-sources/${nowhere}`, permission: "data_sources:read", found: 404 },
  { method: "PATCH", url: `/v1/data-sources/${nowhere}`, permission: "data_sources:write", found: 400 },
  { method: "DELETE", url: `/v1/data-sources/${nowhere}`, permission: "data_sources:write", found: 404 },
  { method: "GET", url: "/v1/users", permission: "users:read", found: 200, platform: true },
  { method: "POST", url: "/v1/users", permission: "users:write", found: 400, platform: true },
  { method: "GET", url: `/v1/users/${nowhere}`, permission: "users:read", found: 404, platform: true },
  { method: "PATCH", url: `/v1/users/${nowhere}`, permission: "users:write", found: 400, platform: true },
  { method: "DELETE", url: `/v1/users/${nowhere}`, permission: "users:write", found: 404, platform: true },
  { method: "GET", url: `/v1/users/${nowhere}/roles`, permission: "users:read", found: 404, platform: true },
  { method: "POST", url: `/v1/users/${nowhere}/roles`, permission: "users:write", found: 400, platform: true },
  {
    method: "DELETE",
    url: `/v1/users/${nowhere}/roles/${nowhere}`,
    permission: "users:write",
    found: 404,
    platform: true,
  },
  { method: "GET", url: "/v1/roles", permission: "roles:read", found: 200, platform: true },
  { method: "POST", url: "/v1/roles", permission: "roles:write", found: 400, platform: true },
  { method: "GET", url: `/v1/roles/${nowhere}`, permission: "roles:read", found: 404, platform: true },
  { method: "PATCH", url: `/v1/roles/${nowhere}`, permission: "roles:write", found: 400, platform: true },
  { method: "DELETE", url: `/v1/roles/${nowhere}`, permission: "roles:write", found: 404, platform: true },
];

describe.each(routes)("$method $url", ({ method, url, permission, found }) => {
  const body = method === "POST" || method === "PATCH" ? {} : undefined;

  test("refuses a request without a session", async () => {
    expect((await api.call(method, url, { body })).statusCode).toBe(401);
  });

  test(`refuses who does not hold ${permission}`, async () => {
    const answer = await api.call(method, url, { as: powerless, body });
    expect(answer.statusCode).toBe(403);
    expect(answer.json().detail).toContain(permission);
  });

  test(`lets in who holds ${permission} and nothing else`, async () => {
    const person = await api.person({ permissions: [permission] });
    expect((await api.call(method, url, { as: person, body })).statusCode).toBe(found);
  });
});

describe.each(routes.filter(({ platform }) => platform))("$method $url", ({ method, url, permission }) => {
  test(`refuses who holds ${permission} in one organization alone`, async () => {
    const organizationId = await api.organization(crypto.randomUUID());
    const person = await api.person({ permissions: [permission], organizationId });
    const body = method === "POST" || method === "PATCH" ? {} : undefined;
    expect((await api.call(method, url, { as: person, body })).statusCode).toBe(403);
  });
});

test("every resource route of the API is in the table above", async () => {
  const { paths } = (await api.app.inject("/docs/json")).json<{ paths: Record<string, object> }>();
  const documented = Object.entries(paths)
    .filter(([path]) => path.startsWith("/v1/") && !path.startsWith("/v1/sessions"))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  const tested = routes.map(({ method, url }) => `${method} ${url}`);
  const asPattern = (text: string) => text.replaceAll(/\{\w+\}/g, nowhere);
  expect(documented.map(asPattern).toSorted()).toEqual(tested.toSorted());
});

describe("permissions held in one organization", () => {
  const everything = ["organizations:read", "organizations:write", "data_sources:read", "data_sources:write"];
  let own: string, other: string, ownSource: string, otherSource: string;
  let member: Person;
  beforeAll(async () => {
    [own, other] = [await api.organization("own"), await api.organization("other")];
    const source = async (organizationId: string) =>
      (
        await api.sql("insert into data_sources (organization_id, name, type) values ($1, 'x', 'web') returning id", [
          organizationId,
        ])
      )[0]?.["id"] ?? "";
    [ownSource, otherSource] = [await source(own), await source(other)];
    member = await api.person({ permissions: everything, organizationId: own });
  });

  test("show that organization and its data sources in lists, and no other", async () => {
    const ids = async (url: string) =>
      (await api.call("GET", url, { as: member })).json<{ items: { id: string }[] }>().items.map(({ id }) => id);
    expect(await ids("/v1/organizations")).toEqual([own]);
    expect(await ids("/v1/data-sources")).toEqual([ownSource]);
    expect(await ids(`/v1/data-sources?organizationId=${own}`)).toEqual([ownSource]);
    expect(await ids(`/v1/data-sources?organizationId=${other}`)).toEqual([]);
  });

  test.each([
    { what: "read", method: "GET", body: undefined, status: 200 },
    { what: "change", method: "PATCH", body: { name: "changed" }, status: 200 },
  ])("allow to $what its own rows, and hide those of others", async ({ method, body, status }) => {
    for (const [url, expected] of [
      [`/v1/organizations/${own}`, status],
      [`/v1/data-sources/${ownSource}`, status],
      [`/v1/organizations/${other}`, 404],
      [`/v1/data-sources/${otherSource}`, 404],
    ] as const)
      expect((await api.call(method, url, { as: member, body })).statusCode).toBe(expected);
    expect(await api.sql("select from organizations where name = 'changed' and id = $1", [other])).toEqual([]);
  });

  test("allow to create and delete data sources there, and nowhere else", async () => {
    const body = { name: "new", type: "iot" };
    const created = await api.call("POST", "/v1/data-sources", { as: member, body: { ...body, organizationId: own } });
    expect(created.statusCode).toBe(201);
    const url = `/v1/data-sources/${created.json().id}`;
    expect((await api.call("DELETE", url, { as: member })).statusCode).toBe(204);
    const elsewhere = { as: member, body: { ...body, organizationId: other } };
    expect((await api.call("POST", "/v1/data-sources", elsewhere)).statusCode).toBe(403);
    expect((await api.call("DELETE", `/v1/data-sources/${otherSource}`, { as: member })).statusCode).toBe(404);
  });

  test("do not allow to create or delete organizations, nor to change what a customer pays for", async () => {
    const body = { name: "x", slug: "x" };
    expect((await api.call("POST", "/v1/organizations", { as: member, body })).statusCode).toBe(403);
    expect((await api.call("DELETE", `/v1/organizations/${own}`, { as: member })).statusCode).toBe(403);
    for (const change of [{ status: "active" }, { subscriptionTier: "enterprise" }])
      expect((await api.call("PATCH", `/v1/organizations/${own}`, { as: member, body: change })).statusCode).toBe(403);
  });

  test("that only allow to read do not allow to change what may be seen", async () => {
    const reader = await api.person(
      { permissions: ["organizations:read"], organizationId: own },
      { permissions: ["organizations:write"], organizationId: other },
    );
    const change = { as: reader, body: { name: "x" } };
    expect((await api.call("PATCH", `/v1/organizations/${own}`, change)).statusCode).toBe(403);
  });
});

describe("nobody gets more permissions than they hold", () => {
  const manages = ["users:read", "users:write", "roles:read", "roles:write", "logs:read"];
  let manager: Person, administrator: Person, strong: string, weak: string;
  beforeAll(async () => {
    [manager, administrator] = [await api.person({ permissions: manages }), await api.administrator()];
    [strong, weak] = [await insertRole(api.sql, ["logs:read", "logs:write"]), await insertRole(api.sql, ["logs:read"])];
  });

  test("by granting a role with more, to themselves or to others, anywhere", async () => {
    const organizationId = await api.organization("escalation");
    const url = `/v1/users/${manager.id}/roles`;
    for (const body of [{ roleId: strong }, { roleId: strong, organizationId }]) {
      const answer = await api.call("POST", url, { as: manager, body });
      expect(answer.statusCode).toBe(403);
      expect(answer.json().detail).toMatch(/logs:write$/);
    }
    expect((await api.call("POST", url, { as: manager, body: { roleId: weak } })).statusCode).toBe(201);
  });

  test("by putting more into a role", async () => {
    const body = { name: "more", permissions: ["logs:read", "metrics:read"] };
    expect((await api.call("POST", "/v1/roles", { as: manager, body })).statusCode).toBe(403);
    const change = { permissions: ["logs:read", "metrics:read"] };
    expect((await api.call("PATCH", `/v1/roles/${weak}`, { as: manager, body: change })).statusCode).toBe(403);
    expect(await api.sql("select from roles where name = 'more'")).toEqual([]);
  });

  test("by changing a role that holds more, be it its name or description alone", async () => {
    const url = `/v1/roles/${strong}`;
    const before = (await api.call("GET", url, { as: administrator })).json();
    for (const body of [{ name: "mine now" }, { description: "mine" }, { permissions: before.permissions }]) {
      const answer = await api.call("PATCH", url, { as: manager, body });
      expect(answer.statusCode).toBe(403);
      expect(answer.json().detail).toMatch(/logs:write$/);
    }
    expect((await api.call("GET", url, { as: administrator })).json()).toEqual(before);
    expect((await api.call("PATCH", url, { as: administrator, body: { description: "theirs" } })).statusCode).toBe(200);
    expect(
      (await api.call("PATCH", `/v1/roles/${weak}`, { as: manager, body: { description: "mine" } })).statusCode,
    ).toBe(200);
  });

  test("by taking over the account of somebody who holds more", async () => {
    const url = `/v1/users/${administrator.id}`;
    for (const body of [{ password: "a password of mine" }, { email: "mine@example.com" }, { isActive: false }])
      expect((await api.call("PATCH", url, { as: manager, body })).statusCode).toBe(403);
    expect((await api.call("DELETE", url, { as: manager })).statusCode).toBe(403);
  });

  test("and nobody takes away a role with more than they hold", async () => {
    const [granted] = await api.sql("select id from user_roles where user_id = $1", [administrator.id]);
    const url = `/v1/users/${administrator.id}/roles/${granted?.["id"]}`;
    expect((await api.call("DELETE", url, { as: manager })).statusCode).toBe(403);
  });
});
