import { writeFile } from "node:fs/promises";
import path from "node:path";
import { temporaryFolder } from "@thedata/dev-postgres/testing";
import { createDatabase } from "@thedata/dev-postgres";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { run } from "./processes.ts";
import { startApi, type TestApi } from "./support.ts";

const secret = "a password for the first one";
let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(async () => await api.close());

const createAdmin = async (args: string[], input: string, env: Record<string, string> = {}) =>
  await run("create-admin.ts", { POSTGRES_DSN: api.dsn, ...env }, args, input);
const usersWith = async (email: string) => await api.sql("select * from users where email = $1", [email]);

test("makes somebody who can log in and administer the platform, with the password from standard input", async () => {
  const { code, stdout, stderr } = await createAdmin(["--email", "ada@example.com", "--name", "Ada"], `${secret}\n`);
  expect([code, stderr, stdout]).toEqual([0, "", "ada@example.com administers the platform now\n"]);
  const { token } = (await api.login("ada@example.com", secret)).json();
  const me = await api.call("GET", "/v1/sessions/current", { as: { id: "", email: "", token } });
  expect(me.json().user.fullName).toBe("Ada");
  expect(me.json().permissions).toHaveLength(16);
  expect(me.json().permissions).toContainEqual({ permission: "users:write", organizationId: null });
});

test("takes the password from ADMIN_PASSWORD or the file that ADMIN_PASSWORD_FILE names", async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, "password");
  await writeFile(file, `${secret}\n`);
  expect((await createAdmin(["--email", "env@example.com"], "", { ADMIN_PASSWORD: secret })).code).toBe(0);
  expect((await createAdmin(["--email", "file@example.com"], "", { ADMIN_PASSWORD_FILE: file })).code).toBe(0);
  for (const email of ["env@example.com", "file@example.com"])
    expect((await api.login(email, secret)).statusCode).toBe(201);
});

test("refuses an address that exists already, whatever its case, and leaves that user alone", async () => {
  const person = await api.person();
  const [before] = await usersWith(person.email);
  const { code, stderr } = await createAdmin(["--email", person.email.toUpperCase()], secret);
  expect(code).toBe(3);
  expect(stderr).toMatch(/^error: A user with the address .* exists already: nothing was changed\n$/);
  expect(await usersWith(person.email)).toEqual([before]);
});

test("refuses a password with fewer than 12 characters, without showing it", async () => {
  const { code, stderr } = await createAdmin(["--email", "short@example.com"], "tooshort\n");
  expect([code, stderr]).toEqual([2, "error: The password has fewer than 12 characters: choose a longer one\n"]);
  expect(await usersWith("short@example.com")).toEqual([]);
});

test.each([
  { what: "no address", args: [], says: /^error: --email is missing/ },
  { what: "an address that is none", args: ["--email", "nobody"], says: /^error: "nobody" is no mail address/ },
  {
    what: "a password on the command line",
    args: ["--email", "a@example.com", "--password", secret],
    says: /^error: .*--password/,
  },
  {
    what: "an argument too many",
    args: ["--email", "a@example.com", secret],
    says: /^error: An argument is not expected/,
  },
])("refuses $what with 2", async ({ args, says }) => {
  const { code, stderr } = await createAdmin(args, secret);
  expect(code).toBe(2);
  expect(stderr).toMatch(says);
  expect(stderr).not.toContain(secret);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test("refuses a schema that is not current, and names what is pending", async () => {
  const empty = await createDatabase(inject("postgresDsn"));
  const { code, stderr } = await createAdmin(["--email", "a@example.com"], secret, { POSTGRES_DSN: empty });
  expect(code).toBe(3);
  expect(stderr).toMatch(/^error: The schema is behind: pending Migration20240217000000_initial_schema/);
});

test("ends with 2 when the database cannot be reached or is not named, and shows no password", async () => {
  const unreachable = "postgresql://somebody:hidden-password@127.0.0.1:1/nothing";
  for (const dsn of [unreachable, ""]) {
    const { code, stderr } = await createAdmin(["--email", "a@example.com"], secret, { POSTGRES_DSN: dsn });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: (The database cannot be reached \(ECONNREFUSED\)|POSTGRES_DSN is not set)/);
    expect(stderr).not.toContain("hidden-password");
  }
});
