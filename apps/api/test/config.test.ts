import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { ConfigError, readConfig } from "../src/config.ts";
import { run } from "./processes.ts";
import { sessionSecret } from "./support.ts";

const hidden = "hunter2-do-not-show";
const dsn = `postgresql://api:${hidden}@db.example.com:6543/thedata?sslmode=disable`;
const good = { POSTGRES_DSN: dsn, SESSION_SECRET: sessionSecret };
const parts = { POSTGRES_HOST: "db", POSTGRES_USER: "api", POSTGRES_PASSWORD: hidden, POSTGRES_DB: "thedata" };

const folder = mkdtempSync(path.join(tmpdir(), "api-config-"));
const file = (name: string) => path.join(folder, name);
writeFileSync(file("secret"), `${sessionSecret}\n`);
writeFileSync(file("password"), "from/a file:@\n");
writeFileSync(file("empty"), "\n");
afterAll(() => rmSync(folder, { recursive: true }));

describe("a configuration that is complete", () => {
  test("has defaults for everything but the database and the secret", () => {
    const defaults = { host: "0.0.0.0", port: 3000, sessionTtl: 43_200, requestTimeout: 30, logLevel: "info" };
    expect(readConfig({ ...good, LOG_LEVEL: "", PORT: "" })).toEqual({ dsn, sessionSecret, ...defaults });
  });

  test("prefers the DSN to its parts", () => {
    expect(readConfig({ ...good, ...parts }).dsn).toBe(dsn);
  });

  test("takes the database in parts, and any of them from a file", () => {
    const { POSTGRES_PASSWORD: _password, ...rest } = parts;
    const files = { POSTGRES_PASSWORD_FILE: file("password"), SESSION_SECRET_FILE: file("secret") };
    const config = readConfig({ ...rest, ...files });
    expect(config).toMatchObject({ sessionSecret, dsn: "postgresql://api:from%2Fa%20file%3A%40@db:5432/thedata" });
    const elsewhere = { ...parts, POSTGRES_HOST: "::1", POSTGRES_PORT: "6000", SESSION_SECRET: sessionSecret };
    expect(readConfig(elsewhere).dsn).toBe(`postgresql://api:${hidden}@[::1]:6000/thedata`);
  });
});

const mistakes: { what: string; env: Record<string, string>; says: RegExp[] }[] = [
  {
    what: "nothing at all",
    env: {},
    says: [/^error: POSTGRES_DSN is not set: set it to postgresql:/m, /^error: SESSION_SECRET is not set: .*openssl/m],
  },
  {
    what: "a database without its user",
    env: { ...good, POSTGRES_DSN: "", ...parts, POSTGRES_USER: "" },
    says: [/^error: POSTGRES_USER is not set: set it, or POSTGRES_USER_FILE/],
  },
  {
    what: "a DSN of another kind",
    env: { ...good, POSTGRES_DSN: `mysql://root:${hidden}@db/x` },
    says: [/^error: POSTGRES_DSN is not a PostgreSQL address/],
  },
  {
    what: "a DSN that is none",
    env: { ...good, POSTGRES_DSN: hidden },
    says: [/^error: POSTGRES_DSN is not a PostgreSQL address/],
  },
  {
    what: "a TLS mode that is none",
    env: { ...good, POSTGRES_DSN: dsn.replace("disable", "bogus") },
    says: [/^error: POSTGRES_DSN cannot be used: sslmode is "bogus": it takes disable, /],
  },
  {
    what: "a database's port that is none",
    env: { SESSION_SECRET: sessionSecret, ...parts, POSTGRES_PORT: "x" },
    says: [/^error: POSTGRES_PORT is "x": it takes a whole number/],
  },
  {
    what: "a port that is none",
    env: { ...good, PORT: "http" },
    says: [/^error: PORT is "http": it takes a whole number from 0 to 65535$/m],
  },
  { what: "a port above all ports", env: { ...good, PORT: "65536" }, says: [/^error: PORT is "65536"/] },
  {
    what: "a secret that is too short",
    env: { ...good, SESSION_SECRET: hidden },
    says: [/^error: SESSION_SECRET has only 19 characters: it takes at least 32/],
  },
  {
    what: "a session without an end",
    env: { ...good, SESSION_TTL: "0" },
    says: [/^error: SESSION_TTL is "0": it takes the seconds/],
  },
  {
    what: "a request without an end",
    env: { ...good, REQUEST_TIMEOUT: "0" },
    says: [/^error: REQUEST_TIMEOUT is "0": it takes the seconds/],
  },
  {
    what: "a log level that is none",
    env: { ...good, LOG_LEVEL: "loud" },
    says: [/^error: LOG_LEVEL is "loud": it takes one of fatal, error/],
  },
  {
    what: "a file that is not there",
    env: { POSTGRES_DSN: dsn, SESSION_SECRET_FILE: file("gone") },
    says: [/^error: SESSION_SECRET_FILE names the file ".*gone", which cannot be read \(ENOENT\)/],
  },
  {
    what: "a file that is empty",
    env: { SESSION_SECRET: sessionSecret, POSTGRES_DSN_FILE: file("empty") },
    says: [/^error: POSTGRES_DSN_FILE names the file ".*empty", which is empty/],
  },
  {
    what: "a variable and its file",
    env: { ...good, SESSION_SECRET_FILE: file("secret") },
    says: [/^error: SESSION_SECRET and SESSION_SECRET_FILE are both set/],
  },
  {
    what: "two mistakes at once",
    env: { ...good, PORT: "-1", SESSION_TTL: "soon" },
    says: [/^error: PORT is "-1"/m, /^error: SESSION_TTL is "soon"/m],
  },
];

describe("a configuration with", () => {
  test.each(mistakes)("$what is refused, one line a problem", ({ env, says }) => {
    const problems = problemsOf(env);
    expect(problems).toHaveLength(says.length);
    const lines = problems.map((problem) => `error: ${problem}`).join("\n");
    for (const expected of says) expect(lines).toMatch(expected);
    expect(lines).not.toContain(hidden);
  });
});

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("the program", () => {
  test.each([
    {
      what: "nothing is configured",
      env: {},
      says: /^error: POSTGRES_DSN is not set.*\nerror: SESSION_SECRET is not set.*\n$/,
    },
    {
      what: "the secret is short",
      env: { ...good, SESSION_SECRET: hidden },
      says: /^error: SESSION_SECRET has only.*\n$/,
    },
    {
      what: "the host is no address here",
      env: { ...good, HOST: "203.0.113.1" },
      says: /^error: HOST 203.0.113.1 is no address of this machine.*\n$/,
    },
  ])("ends with 2 and one message a problem when $what", async ({ env, says }) => {
    const { code, stderr, stdout } = await run("main.ts", env);
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
    expect(stderr + stdout).not.toContain(hidden);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("ends with 2 when the port is in use, and says which", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const { code, stderr } = await run("main.ts", { ...good, HOST: "127.0.0.1", PORT: String(port) });
    expect([code, stderr]).toEqual([
      2,
      `error: PORT ${port} is in use on 127.0.0.1: end the other program or set PORT to a free one\n`,
    ]);
  });
});
