import { expect, test } from "vitest";
import { listen } from "./processes.ts";
import { insertRole, type Person, password, sessionSecret, startOwnApi, type TestApi } from "./support.ts";

const mail = "crawl@example.com";

/** The bodies of every kind of answer that contains or might contain a user. */
async function crawl(api: TestApi, as: Person): Promise<string[]> {
  const bodies: string[] = [];
  const call = async (method: string, url: string, body?: unknown) => {
    const answer = await api.call(method, url, { as, body });
    bodies.push(answer.body);
    return answer;
  };
  const user = { email: mail, fullName: "Crawl", password };
  const { id } = (await call("POST", "/v1/users", user)).json();
  const roleId = await insertRole(api.sql, ["logs:read"]);
  await call("POST", "/v1/users", user);
  await call("POST", `/v1/users/${id}/roles`, { roleId });
  await call("POST", `/v1/users/${id}/roles`, { roleId });
  for (const url of [
    "/v1/users",
    `/v1/users/${id}`,
    `/v1/users/${id}/roles`,
    "/v1/roles",
    "/v1/sessions/current",
    "/docs/json",
  ])
    await call("GET", url);
  await call("PATCH", `/v1/users/${id}`, { fullName: "Crawled", password: `${password} again` });
  await call("PATCH", `/v1/users/${id}`, { hashedPassword: "x" });
  await call("POST", "/v1/sessions", { email: mail, password: `${password} again` });
  // An internal error, whose cause contains the whole statement.
  await api.sql("alter table users rename column full_name to name");
  await call("POST", "/v1/users", { ...user, email: "failing@example.com" });
  return bodies;
}

test("no answer ever holds a password or its hash", async () => {
  const api = await startOwnApi();
  const administrator = await api.administrator();
  const hashes = (await api.sql<{ hashed_password: string }>("select hashed_password from users")).map(
    (row) => row.hashed_password,
  );
  const bodies = await crawl(api, administrator);
  expect(bodies.length).toBeGreaterThan(12);
  expect(bodies.at(-1)).toContain('"status":500');
  for (const secret of [...hashes, "$argon2", password]) expect(bodies.join("\n")).not.toContain(secret);
  const data = bodies.filter((body) => !body.includes('"openapi"'));
  expect(data.join("\n")).not.toMatch(/"(hashed_?password|password)"/i);
});

test("the log holds neither tokens, passwords, hashes nor addresses, not even when a statement fails", async () => {
  const api = await startOwnApi();
  const { token } = await api.administrator();
  const { child, ended, address } = await listen({
    POSTGRES_DSN: api.dsn,
    SESSION_SECRET: sessionSecret,
    LOG_LEVEL: "trace",
  });
  const send = async (path: string, body?: object) =>
    await fetch(`${address}${path}`, {
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body && { method: "POST", body: JSON.stringify(body) }),
    });
  await send("/v1/sessions", { email: mail, password });
  await send(`/v1/users?email=${mail}`);
  // PostgreSQL's detail of this error is the whole row.
  await api.sql("alter table users add needed text not null default ''; alter table users alter needed drop default");
  expect((await send("/v1/users", { email: mail, fullName: "x", password })).status).toBe(500);
  child.kill("SIGTERM");
  const { stdout, stderr } = await ended;
  expect(stdout).toContain('"path":"/v1/users"');
  expect(stdout).toContain("request failed");
  for (const secret of [token, password, "$argon2", mail, sessionSecret]) expect(stdout + stderr).not.toContain(secret);
  for (const line of stdout.trim().split("\n")) expect(() => JSON.parse(line)).not.toThrow();
});
