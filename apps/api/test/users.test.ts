import { beforeEach, describe, expect, test } from "vitest";
import { insertRole, nowhere, type Person, startOwnApi, type TestApi } from "./support.ts";

let api: TestApi;
let administrator: Person;
beforeEach(async () => {
  api = await startOwnApi();
  administrator = await api.administrator();
});

const call = async (method: string, url: string, body?: unknown) =>
  await api.call(method, url, { as: administrator, body });
const adminGrantOf = async ({ id }: Person) =>
  (await api.sql("select id from user_roles where user_id = $1", [id]))[0]?.["id"] ?? "";

describe("the roles of a user", () => {
  test("are granted for an organization or the whole platform, listed with who granted them, and revoked", async () => {
    const [person, organizationId] = [await api.person(), await api.organization("granted")];
    const roleId = await insertRole(api.sql, ["logs:read"]);
    const url = `/v1/users/${person.id}/roles`;
    const granted = await call("POST", url, { roleId, organizationId });
    expect(granted.statusCode).toBe(201);
    expect(granted.json()).toMatchObject({ role: { id: roleId }, organizationId, grantedBy: administrator.id });
    expect((await call("POST", url, { roleId })).json()).toMatchObject({ organizationId: null });
    expect((await call("GET", url)).json()).toMatchObject({ total: 2, items: [granted.json(), {}] });
    expect((await call("DELETE", `${url}/${granted.json().id}`)).statusCode).toBe(204);
    expect((await call("GET", url)).json()).toMatchObject({ total: 1, items: [{ organizationId: null }] });
  });

  test("cannot be granted twice for the same place", async () => {
    const [person, roleId] = [await api.person(), await insertRole(api.sql, [])];
    await call("POST", `/v1/users/${person.id}/roles`, { roleId });
    const again = await call("POST", `/v1/users/${person.id}/roles`, { roleId, organizationId: null });
    expect([again.statusCode, again.json().errors]).toMatchObject([409, [{ pointer: "#/roleId" }]]);
  });

  test("must exist, like their user and organization", async () => {
    const [person, roleId] = [await api.person(), await insertRole(api.sql, [])];
    const url = `/v1/users/${person.id}/roles`;
    expect((await call("POST", url, { roleId: nowhere })).json()).toMatchObject({
      status: 422,
      errors: [{ pointer: "#/roleId" }],
    });
    const foreign = await call("POST", url, { roleId, organizationId: nowhere });
    expect(foreign.json()).toMatchObject({ status: 422, errors: [{ pointer: "#/organizationId" }] });
    expect((await call("DELETE", `${url}/${await adminGrantOf(administrator)}`)).statusCode).toBe(404);
  });
});

describe("the last active platform administrator", () => {
  test("cannot be deleted, deactivated or stripped of the role", async () => {
    const url = `/v1/users/${administrator.id}`;
    for (const answer of [
      await call("DELETE", url),
      await call("PATCH", url, { isActive: false }),
      await call("DELETE", `${url}/roles/${await adminGrantOf(administrator)}`),
    ]) {
      expect(answer.statusCode).toBe(409);
      expect(answer.json().detail).toMatch(/last active platform administrator/);
    }
    expect((await call("GET", "/v1/sessions/current")).json().user.isActive).toBe(true);
  });

  test("is not saved by administrators who are inactive or of one organization only", async () => {
    const [inactive, local] = [await api.administrator(), await api.administrator()];
    await api.sql("update users set is_active = false where id = $1", [inactive.id]);
    await api.sql("update user_roles set organization_id = $2 where user_id = $1", [
      local.id,
      await api.organization("local"),
    ]);
    expect((await call("DELETE", `/v1/users/${administrator.id}`)).statusCode).toBe(409);
  });

  test("may go once there is another one", async () => {
    const second = await api.administrator();
    expect((await call("DELETE", `/v1/users/${second.id}`)).statusCode).toBe(204);
    expect((await call("DELETE", `/v1/users/${administrator.id}`)).statusCode).toBe(409);
  });

  test("stays when two administrators remove each other at the same time", async () => {
    for (let round = 0; round < 3; round++) {
      const second = await api.administrator();
      const answers = await Promise.all([
        api.call("PATCH", `/v1/users/${second.id}`, { as: administrator, body: { isActive: false } }),
        api.call("PATCH", `/v1/users/${administrator.id}`, { as: second, body: { isActive: false } }),
      ]);
      expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1);
      if (answers[1].statusCode === 200) administrator = second;
    }
  });
});

describe("roles", () => {
  test("of the system keep their name and are not deleted; admin keeps its permissions", async () => {
    const [admin] = await api.sql("select id from roles where name = 'admin'");
    const url = `/v1/roles/${admin?.["id"]}`;
    for (const answer of [
      await call("DELETE", url),
      await call("PATCH", url, { name: "root" }),
      await call("PATCH", url, { permissions: [] }),
    ])
      expect(answer.statusCode).toBe(409);
    expect((await call("GET", url)).json()).toMatchObject({ name: "admin", isSystem: true });
    expect((await call("GET", url)).json().permissions).toHaveLength(16);
  });

  test("are not named like another one, whatever the case, the form of the letters and the space around them", async () => {
    await call("POST", "/v1/roles", { name: "Größe Prüfer" });
    const plain = (await call("POST", "/v1/roles", { name: "plain" })).json();
    for (const name of [
      "ADMIN",
      "Admin",
      " admin\t",
      "admin\u200b",
      "ad\u00admin",
      " \u2060 \u202eadmin",
      "\u00a0ａｄｍｉｎ",
      "größe prüfer",
      "GRÖßE PRÜFER ",
    ]) {
      for (const answer of [
        await call("POST", "/v1/roles", { name }),
        await call("PATCH", `/v1/roles/${plain.id}`, { name }),
      ])
        expect([name, answer.statusCode, answer.json().errors]).toMatchObject([name, 409, [{ pointer: "#/name" }]]);
    }
    expect((await call("PATCH", `/v1/roles/${plain.id}`, { name: "Plain" })).json().name).toBe("Plain");
    expect((await call("GET", "/v1/roles")).json().total).toBe(3);
  });

  test("are never called admin, not even where that role is missing", async () => {
    await api.sql("update roles set name = 'gone' where name = 'admin'");
    const person = await api.person({ permissions: ["roles:write"] });
    const answer = await api.call("POST", "/v1/roles", { as: person, body: { name: "Admin" } });
    expect(answer.statusCode).toBe(409);
  });

  test("that two administrators name alike at the same time become one", async () => {
    const names = ["twin", "TWIN", "Twin", "tWIN"];
    const answers = await Promise.all(names.map(async (name) => await call("POST", "/v1/roles", { name })));
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([201, 409, 409, 409]);
  });

  test("hold only permissions that exist, and a refused one is not created", async () => {
    const answer = await call("POST", "/v1/roles", { name: "odd", permissions: ["logs:read", "logs:eat"] });
    expect(answer.json()).toMatchObject({ status: 422, errors: [{ pointer: "#/permissions" }] });
    expect(answer.json().detail).toContain("logs:eat");
    expect(await api.sql("select from roles where name = 'odd'")).toEqual([]);
  });
});
