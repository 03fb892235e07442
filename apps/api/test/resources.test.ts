import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nowhere, type Person, startApi, type TestApi } from "./support.ts";

let api: TestApi;
let administrator: Person;
let organizationId: string;
beforeAll(async () => {
  api = await startApi();
  administrator = await api.administrator();
  organizationId = await api.organization("owner");
});
afterAll(async () => await api.close());

const call = async (method: string, url: string, body?: unknown) =>
  await api.call(method, url, { as: administrator, body });

/** What the four resources have in common, and their differences. */
const resources = [
  {
    url: "/v1/organizations",
    create: () => ({ name: "Ada & Co", slug: `s-${crypto.randomUUID()}` }),
    shown: { status: "active", subscriptionTier: "free", settings: {}, metadata: {} },
    change: { name: "Other", status: "suspended", settings: { theme: "dark" } },
    unique: "slug",
    wrong: [
      [{ name: " ", slug: "ok" }, "#/name"],
      [{ name: "x", slug: "Not A Slug" }, "#/slug"],
      [{ name: "x" }, "#/slug"],
      [{ name: "x", slug: "ok", settings: [] }, "#/settings"],
      [{ name: "x", slug: "ok", status: "closed" }, "#/status"],
      [{ name: "x", slug: "ok", id: nowhere }, "#/id"],
      [{ name: null, slug: "ok" }, "#/name"],
    ],
  },
  {
    url: "/v1/users",
    create: () => ({
      email: `${crypto.randomUUID()}@example.com`,
      fullName: "Ada",
      password: "long enough a password",
    }),
    shown: { isActive: true, lastLoginAt: null, emailVerifiedAt: null },
    change: { fullName: "Grace", isActive: false },
    unique: "email",
    wrong: [
      [{ email: "nobody", fullName: "x", password: "long enough a password" }, "#/email"],
      [{ email: "a@b.cd", fullName: "x", password: "short" }, "#/password"],
      [{ email: "a@b.cd", fullName: "x" }, "#/password"],
      [{ email: "a@b.cd", fullName: "x", password: "long enough a password", hashedPassword: "x" }, "#/hashedPassword"],
    ],
  },
  {
    url: "/v1/roles",
    create: () => ({ name: `role ${crypto.randomUUID()}`, permissions: ["logs:read", "metrics:read"] }),
    shown: { isSystem: false, description: null },
    change: { description: "reads", permissions: ["logs:read"] },
    unique: "name",
    wrong: [
      [{ name: "" }, "#/name"],
      [{ name: "x", isSystem: true }, "#/isSystem"],
      [{ name: "x", permissions: "logs:read" }, "#/permissions"],
    ],
  },
  {
    url: "/v1/data-sources",
    create: () => ({ organizationId, name: "Shop", type: "web" }),
    shown: { config: {}, enabled: true, health: "unknown", lastSyncAt: null },
    change: { enabled: false, config: { url: "https://example.com" }, health: "degraded" },
    unique: undefined,
    wrong: [
      [{ organizationId: "x", name: "x", type: "web" }, "#/organizationId"],
      [{ organizationId: nowhere, name: "x", type: "fax" }, "#/type"],
      [{ organizationId: nowhere, name: "x", type: "web", enabled: "true" }, "#/enabled"],
    ],
  },
] as const;

describe.each(resources)("$url", ({ url, create, shown, change, wrong }) => {
  const make = async () => (await call("POST", url, create())).json<{ id: string; updatedAt: string }>();

  test("creates a row with its defaults, and says where it is", async () => {
    const sent: Record<string, unknown> = create();
    const answer = await call("POST", url, sent);
    const { password: _never, ...body } = sent;
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toEqual(expect.objectContaining({ ...body, ...shown }));
    expect(answer.headers["location"]).toBe(`${url}/${answer.json().id}`);
    expect((await call("GET", String(answer.headers["location"]))).json()).toEqual(answer.json());
  });

  test("changes what is sent, and nothing else", async () => {
    const before = await make();
    const answer = await call("PATCH", `${url}/${before.id}`, change);
    expect(answer.statusCode).toBe(200);
    const after = (await call("GET", `${url}/${before.id}`)).json();
    expect(after).toEqual({ ...before, ...change, updatedAt: after.updatedAt });
    expect(answer.json()).toEqual(after);
    expect(Date.parse(after.updatedAt)).toBeGreaterThanOrEqual(Date.parse(before.updatedAt));
  });

  test("deletes a row, which is gone then", async () => {
    const { id } = await make();
    const answer = await call("DELETE", `${url}/${id}`);
    expect([answer.statusCode, answer.body]).toEqual([204, ""]);
    expect((await call("GET", `${url}/${id}`)).statusCode).toBe(404);
    expect((await call("DELETE", `${url}/${id}`)).statusCode).toBe(404);
    expect((await call("PATCH", `${url}/${id}`, change)).statusCode).toBe(404);
  });

  test("gives pages that hold every row once, the oldest first", async () => {
    for (let i = 0; i < 5; i++) await make();
    const { total } = (await call("GET", `${url}?limit=1`)).json();
    const seen: { id: string; createdAt: string }[] = [];
    for (let offset = 0; offset < total; offset += 2) {
      const page = (await call("GET", `${url}?limit=2&offset=${offset}`)).json();
      expect(page).toMatchObject({ total, limit: 2, offset });
      seen.push(...page.items);
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(total);
    expect(seen.map(({ createdAt }) => createdAt)).toEqual(seen.map(({ createdAt }) => createdAt).toSorted());
  });

  const refused = ["limit=0", "limit=101", "limit=x", "limit=", "offset=-1", "nonsense=1"];
  // Texts that JavaScript or rounding would turn into an integer.
  const notDecimal = ["limit=1.5", "limit=0x10", "limit=1e1", "limit=true", "limit=%201", "limit=01", "offset=-0"];
  test.each([...refused, ...notDecimal])("refuses the query %s", async (query) => {
    const answer = await call("GET", `${url}?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors).toMatchObject([{ parameter: query.split("=")[0] }]);
  });

  test("names each field that is not valid in a problem document, and creates nothing", async () => {
    const { total } = (await call("GET", url)).json();
    for (const [body, pointer] of wrong) {
      const answer = await call("POST", url, body);
      expect([answer.statusCode, answer.headers["content-type"]]).toEqual([400, "application/problem+json"]);
      const problem = { type: "about:blank", title: "Bad Request", status: 400, instance: url };
      expect(answer.json()).toMatchObject({ ...problem, errors: [{ pointer, detail: expect.any(String) }] });
    }
    expect((await call("GET", url)).json().total).toBe(total);
  });

  test("refuses a change of nothing, of the key and a key that is none", async () => {
    const { id } = await make();
    expect((await call("PATCH", `${url}/${id}`, {})).statusCode).toBe(400);
    expect((await call("PATCH", `${url}/${id}`, { id: nowhere })).statusCode).toBe(400);
    expect((await call("GET", `${url}/not-a-key`)).statusCode).toBe(400);
  });
});

describe.each(resources.filter((resource) => resource.unique !== undefined))("$url", ({ url, create, unique }) => {
  test(`answers 409 and names ${unique} when another row has its value`, async () => {
    const body: Record<string, unknown> = create();
    await call("POST", url, body);
    const other = (await call("POST", url, create())).json();
    const taken = unique === "email" ? String(body[unique]).toUpperCase() : body[unique];
    for (const answer of [
      await call("POST", url, body),
      await call("PATCH", `${url}/${other.id}`, { [unique]: taken }),
    ]) {
      expect(answer.statusCode).toBe(409);
      expect(answer.json().errors).toMatchObject([{ pointer: `#/${unique}` }]);
    }
  });
});

test("a data source of an organization that does not exist is refused by name of the field", async () => {
  const answer = await call("POST", "/v1/data-sources", { organizationId: nowhere, name: "x", type: "web" });
  expect([answer.statusCode, answer.json().errors]).toMatchObject([422, [{ pointer: "#/organizationId" }]]);
});

test("a rule of the database that the API does not know is answered with 422 and the field", async () => {
  await api.sql("alter table organizations rename constraint ck_organizations_slug to ck_organizations_slug_before");
  await api.sql("alter table organizations add constraint ck_organizations_slug check (length(slug) < 60)");
  const answer = await call("POST", "/v1/organizations", { name: "x", slug: "x".repeat(60) });
  expect([answer.statusCode, answer.json().errors]).toMatchObject([422, [{ pointer: "#/slug" }]]);
});

test("text that PostgreSQL cannot store is the request's fault, not the API's", async () => {
  expect((await call("POST", "/v1/organizations", { name: "zero \0 byte", slug: "zero" })).statusCode).toBe(422);
});

test("the lists are filtered by what the query names", async () => {
  const other = await api.organization("filtered");
  await call("POST", "/v1/data-sources", { organizationId: other, name: "a", type: "iot", enabled: false });
  await call("POST", "/v1/data-sources", { organizationId: other, name: "b", type: "web" });
  await call("PATCH", `/v1/organizations/${other}`, { subscriptionTier: "enterprise" });
  const names = async (url: string) => (await call("GET", url)).json().items.map((row: { name: string }) => row.name);
  const sources = `/v1/data-sources?organizationId=${other}`;
  expect(await names(sources)).toEqual(["a", "b"]);
  expect(await names(`${sources}&enabled=false`)).toEqual(["a"]);
  expect(await names(`${sources}&type=web`)).toEqual(["b"]);
  expect(await names(`${sources}&health=healthy`)).toEqual([]);
  expect(await names("/v1/organizations?subscriptionTier=enterprise")).toEqual(["filtered"]);
  const { email } = administrator;
  expect((await call("GET", `/v1/users?email=${email.toUpperCase()}`)).json().items).toMatchObject([{ email }]);
  expect((await call("GET", "/v1/users?email=nobody@example.com")).json()).toMatchObject({ items: [], total: 0 });
});

test("a boolean of the query is written as JSON writes it", async () => {
  for (const value of ["1", "TRUE", "yes", ""]) {
    const answer = await call("GET", `/v1/data-sources?enabled=${value}`);
    expect([value, answer.statusCode, answer.json().errors]).toMatchObject([value, 400, [{ parameter: "enabled" }]]);
  }
});

test("JSON that is nested too deep is the request's fault, wherever it is, and brackets in texts do not count", async () => {
  const send = async (config: string) =>
    await api.app.inject({
      method: "POST",
      url: "/v1/data-sources",
      headers: { authorization: `Bearer ${administrator.token}`, "content-type": "application/json" },
      payload: `{"organizationId": "${organizationId}", "name": "deep", "type": "web", "config": ${config}}`,
    });
  const nested = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
  for (const deep of [
    nested('{"a":', "}", 100_000),
    `{"a": ${nested("[", "]", 100_000)}}`,
    nested('{"a":', "}", 64),
    "[".repeat(100_000),
  ]) {
    const answer = await send(deep);
    expect([answer.statusCode, answer.json().detail]).toEqual([400, expect.stringMatching(/nested .* 64 levels/)]);
  }
  expect((await send(nested('{"a":', "}", 63))).statusCode).toBe(201);
  expect((await send(`{"a": ${JSON.stringify(`\\"${"[{".repeat(500)}`)}}`)).statusCode).toBe(201);
});

test("unknown routes, broken JSON and foreign media types are problem documents too", async () => {
  const raw = async (payload: string, type: string) =>
    await api.app.inject({
      method: "POST",
      url: "/v1/organizations",
      headers: { authorization: `Bearer ${administrator.token}`, "content-type": type },
      payload,
    });
  const answers = [
    await call("GET", "/v1/nothing"),
    await raw("{", "application/json"),
    await raw("x", "text/csv"),
    await call("GET", "/%zz"),
  ];
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 400, 415, 400]);
  for (const answer of answers) expect(answer.headers["content-type"]).toBe("application/problem+json");
});

test("the documentation describes every route with group, summary, security and answers", async () => {
  const { paths } = (await api.app.inject("/docs/json")).json();
  const operations = Object.entries<object>(paths).flatMap(([path, methods]) =>
    Object.entries<Record<string, unknown>>(methods as never).map(([method, operation]) => ({
      path,
      method,
      ...operation,
    })),
  );
  expect(operations.length).toBeGreaterThan(25);
  for (const operation of operations) {
    const open = !operation.path.startsWith("/v1/") || operation.path === "/v1/sessions";
    expect(operation).toMatchObject({
      tags: [expect.any(String)],
      summary: expect.any(String),
      security: open ? [] : [{ session: [] }],
      responses: { "4XX": { content: { "application/problem+json": expect.anything() } } },
    });
  }
  expect((await api.app.inject("/docs")).statusCode).toBe(200);
  const front = await api.app.inject("/");
  expect([front.statusCode, front.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  for (const [, target = ""] of front.body.matchAll(/href="([^"]+)"/g))
    expect([target, (await api.app.inject(`/${target}`)).statusCode]).toEqual([target, 200]);
});
