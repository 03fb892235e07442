import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { insertUser, password, sessionSecret, startApi, startOwnApi, type TestApi } from "./support.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(async () => await api.close());

test("a login with the right password gives a token and when it ends", async () => {
  const email = await insertUser(api.sql);
  const before = Date.now();
  const answer = await api.login(email.toUpperCase(), password);
  expect(answer.statusCode).toBe(201);
  expect(answer.headers["cache-control"]).toBe("no-store");
  const { token, expiresAt } = answer.json();
  const issued = Date.parse(expiresAt) - 3_600_000;
  // The expiry has whole seconds.
  expect(issued).toBeGreaterThan(before - 1000);
  expect(issued).toBeLessThanOrEqual(Date.now());
  expect(JSON.parse(atob(token.split(".")[0])).alg).toBe("HS256");
  expect(await api.sql("select from users where email = $1 and last_login_at is not null", [email])).toHaveLength(1);
});

test("a wrong password, an unknown address and an inactive user get the same answer", async () => {
  const [known, inactive] = [await insertUser(api.sql), await insertUser(api.sql)];
  await api.sql("update users set is_active = false where email = $1", [inactive]);
  const answers = [
    await api.login(known, "a wrong password"),
    await api.login("nobody@example.com", password),
    await api.login(inactive, password),
  ];
  for (const answer of answers) expect(answer.statusCode).toBe(401);
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
});

test("a login for an unknown address takes as long as one with a wrong password", async () => {
  const email = await insertUser(api.sql);
  // A hash at the API's real costs, unlike the cheap one of other tests.
  const { hashPassword } = await import("../src/auth/passwords.ts");
  await api.sql("update users set hashed_password = $2 where email = $1", [email, await hashPassword(password)]);
  const times: [number, number][] = [];
  const time = async (address: string) => {
    const before = process.cpuUsage();
    await api.login(address, "a wrong password");
    return process.cpuUsage(before).user;
  };
  // CPU time of this process with its hashing threads, so that other load on the machine does not matter.
  for (let i = 0; i < 9; i++) times.push([await time(email), await time("nobody@example.com")]);
  const [known = 0, unknown = 0] = [0, 1].map(
    (which) => times.map((pair) => pair[which] ?? 0).toSorted((x, y) => x - y)[4],
  );
  expect(unknown).toBeGreaterThan(known * 0.5);
  expect(unknown).toBeLessThan(known * 2);
});

test("a hash of another system fits no password and is no error", async () => {
  const email = await insertUser(api.sql);
  await api.sql("update users set hashed_password = $2 where email = $1", [email, password]);
  expect((await api.login(email, password)).statusCode).toBe(401);
});

test("a session tells who one is and what one may do, and where", async () => {
  const organizationId = await api.organization("sessions");
  const person = await api.person({ permissions: ["users:read"] }, { permissions: ["logs:read"], organizationId });
  const answer = await api.call("GET", "/v1/sessions/current", { as: person });
  expect(answer.json()).toMatchObject({
    user: { id: person.id, email: person.email },
    permissions: [
      { permission: "logs:read", organizationId },
      { permission: "users:read", organizationId: null },
    ],
  });
});

test("a changed password ends the sessions from before", async () => {
  const [administrator, person] = [await api.administrator(), await api.person()];
  expect((await api.call("GET", "/v1/sessions/current", { as: person })).statusCode).toBe(200);
  const body = { password: "another password altogether" };
  expect((await api.call("PATCH", `/v1/users/${person.id}`, { as: administrator, body })).statusCode).toBe(200);
  expect((await api.call("GET", "/v1/sessions/current", { as: person })).statusCode).toBe(401);
  expect((await api.login(person.email, password)).statusCode).toBe(401);
  expect((await api.login(person.email, body.password)).statusCode).toBe(201);
});

test("a user who is deactivated or deleted has no session from the next request on", async () => {
  const [first, second] = [await api.person(), await api.person()];
  await api.sql("update users set is_active = false where id = $1", [first.id]);
  await api.sql("delete from users where id = $1", [second.id]);
  for (const person of [first, second])
    expect((await api.call("GET", "/v1/sessions/current", { as: person })).statusCode).toBe(401);
});

test("a revoked role counts no more from the next request on", async () => {
  const person = await api.person({ permissions: ["users:read"] });
  expect((await api.call("GET", "/v1/users", { as: person })).statusCode).toBe(200);
  await api.sql("delete from user_roles where user_id = $1", [person.id]);
  expect((await api.call("GET", "/v1/users", { as: person })).statusCode).toBe(403);
});

test("a token that is forged, unsigned or expired is refused", async () => {
  const person = await api.person();
  const [, claims, signature] = person.token.split(".");
  const unsigned = `${btoa('{"alg":"none","typ":"JWT"}').replaceAll("=", "")}.${claims}.`;
  const otherSecret = await startOwnApi({
    sessionSecret: "another secret that is long enough for a test",
    dsn: api.dsn,
  });
  const foreign = (await otherSecret.login(person.email, password)).json().token;
  const shortLived = await startOwnApi({ dsn: api.dsn, sessionTtl: -1 });
  const expired = (await shortLived.login(person.email, password)).json().token;
  for (const token of [
    unsigned,
    foreign,
    expired,
    `${person.token.split(".")[0]}.${claims}.${signature?.toLowerCase()}`,
  ]) {
    const answer = await api.call("GET", "/v1/sessions/current", { as: { ...person, token } });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers["www-authenticate"]).toBe("Bearer");
  }
});

describe("logins to one account", () => {
  let limited: TestApi;
  let email: string;
  beforeEach(async () => {
    limited = await startOwnApi({ loginsPerMinute: 5 });
    email = await insertUser(limited.sql);
  });

  let addresses = 0;
  const tryFrom = async (remoteAddress: string, address: string, given = "a wrong password") =>
    await limited.app.inject({
      method: "POST",
      url: "/v1/sessions",
      remoteAddress,
      payload: { email: address, password: given },
    });
  const attack = async (...spellings: string[]) =>
    await Promise.all(
      Array.from(
        { length: 30 },
        async (_, i) => await tryFrom(`10.0.1.${++addresses % 256}`, spellings[i % spellings.length] ?? ""),
      ),
    );

  test("are bounded from however many addresses, alike whether there is such an account or not", async () => {
    const unknown = `${crypto.randomUUID()}@example.com`;
    const [known, other] = [await attack(email, email.toUpperCase()), await attack(unknown, unknown.toUpperCase())];
    for (const answers of [known, other]) {
      const refused = answers.filter(({ statusCode }) => statusCode === 429);
      expect([refused.length, answers.filter(({ statusCode }) => statusCode === 401).length]).toEqual([25, 5]);
      for (const { headers } of refused) expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    }
    const shapes = (answers: typeof known) => new Set(answers.map(({ body }) => body.replace(/\d+ seconds/, "")));
    expect(shapes(known)).toEqual(shapes(other));
    expect((await tryFrom("10.0.2.1", email, password)).statusCode).toBe(429);
  });

  test("are counted together however PostgreSQL and we lower its letters", async () => {
    await limited.sql("insert into users (email, full_name, hashed_password) values ('İris@example.com', 'I', 'x')");
    const answers = await attack("İris@example.com", "iris@example.com", "ıRIS@example.com", "IRİS@example.com");
    expect(answers.filter(({ statusCode }) => statusCode === 401)).toHaveLength(5);
  });

  test("are open to their owner during an attack from where they logged in before, and to all after a minute", async () => {
    expect((await tryFrom("10.0.3.1", email, password)).statusCode).toBe(201);
    await attack(email);
    expect((await tryFrom("10.0.3.1", email, password)).statusCode).toBe(201);
    expect((await tryFrom("10.0.3.2", email, password)).statusCode).toBe(429);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_001 });
    onTestFinished(() => void vi.useRealTimers());
    expect((await tryFrom("10.0.3.2", email, password)).statusCode).toBe(201);
  });
});

test("logins beyond the limit are refused for a while", async () => {
  const limited = await startOwnApi({ loginsPerMinute: 3 });
  const email = await insertUser(limited.sql);
  for (let i = 0; i < 3; i++) expect((await limited.login(email, "a wrong password")).statusCode).toBe(401);
  const refused = await limited.login(email, password);
  expect(refused.statusCode).toBe(429);
  expect(refused.headers["content-type"]).toBe("application/problem+json");
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
});

/** Signs a token with the API's own secret, whatever the claims. */
function sign(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", sessionSecret).update(signed).digest("base64url")}`;
}

test("a signed token that names no user by key is refused like any other", async () => {
  const person = await api.person();
  const claims = JSON.parse(atob(person.token.split(".")[1] ?? ""));
  const status = async (changed: object) => {
    const as = { ...person, token: sign({ ...claims, ...changed }) };
    return (await api.call("GET", "/v1/sessions/current", { as })).statusCode;
  };
  expect(await status({})).toBe(200);
  for (const sub of ["nobody", "", 5, true, null, {}, { email: person.email }, [person.id], `{${person.id}}`, "\0"])
    expect([sub, await status({ sub })]).toEqual([sub, 401]);
  for (const changed of [{ fingerprint: 5 }, { fingerprint: null }, { exp: "never" }, { exp: 1e300 }, { exp: null }])
    expect([changed, await status(changed)]).toEqual([changed, 401]);
});
