import { expect, it } from "vitest";
import { project, run } from "./support.ts";

const secret = "Distinctive-Passw0rd-4711";
const address = `postgresql://u:${secret}@h/db`;

it.each([
  ["up", address],
  ["status", address],
  ["up", "--migrations", address],
  ["up", `--migrations=${address}`],
  ["up", "--config", address],
  ["up", "--to", address],
  ["up", "--steps", address],
  ["up", "--log-format", address],
  ["up", "--dns", address],
  ["up", `--dns=${address}`],
  ["up", `--${address}`],
  ["up", `--${address}?sslmode=require`],
  ["up", "--to", "--dsn", address],
  ["verify", "--from", "--dsn", address],
  [address],
  ["--json", address, "up"],
  ["repair", address],
  ["repair", "--", "--dsn", address],
  ["rebase", address],
  ["create", address],
  ["create", "x", "--rename", `a=${address}`],
  ["erd", "--out", address],
  ["sql", "--from", address],
  ["up", `postgres://u:${secret}@h`],
  ["up", `pg://u:${secret}@h`],
  ["up", `u:${secret}@h`],
  ["up", `postgresql:/u:${secret}@h/db`],
  ["up", `host=h user=u password=${secret}`],
  ["up", "--dsn", `postgresq://u:${secret}@h/db`],
  ["up", "--dsn", `host=h user=u password=${secret}`],
])("shows no password of an address at the wrong place: %s %s %s %s", async (...args) => {
  const { args: places } = await project();
  for (const all of [args, [...args, "--json"], [...places, ...args]]) {
    const { code, stdout, stderr } = await run(all);
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain(secret);
    expect(stderr).toMatch(/connection string|argument missing|No migrations folder/);
  }
});

it.each([
  [{ POSTGRES_HOST: address }, "POSTGRES_HOST is a connection string: give it as POSTGRES_DSN"],
  [{ POSTGRES_DB: address }, "POSTGRES_DB is a connection string: give it as POSTGRES_DSN"],
  [{ POSTGRES_PORT: address }, "POSTGRES_PORT is a connection string: give it as POSTGRES_DSN"],
  [{ POSTGRES_DSN_FILE: address }, "POSTGRES_DSN_FILE names a file that cannot be read"],
  [{ POSTGRES_PASSWORD_FILE: secret }, "POSTGRES_PASSWORD_FILE names a file that cannot be read"],
])("shows no password of a variable that holds another thing: %j", async (wrong, names) => {
  const { folder } = await project();
  const base = "POSTGRES_DSN_FILE" in wrong ? {} : { POSTGRES_HOST: "h", POSTGRES_USER: "u", POSTGRES_DB: "d" };
  const { code, stdout, stderr } = await run(["status", "--migrations", folder], { env: { ...base, ...wrong } });
  expect(code).toBe(2);
  expect(stdout + stderr).not.toContain(secret);
  expect(stderr).toContain(names);
});

it("takes an address behind its option, and names that are none", async () => {
  const { folder, dsn } = await project();
  for (const args of [["--dsn", dsn], [`--dsn=${dsn}`], ["--dsn", dsn, "--log-format", "text"]])
    expect(await run(["up", "--migrations", folder, ...args])).toMatchObject({ code: 0 });
  const { stderr } = await run(["repair", "user@example", "postgres: it", "--migrations", folder, "--dsn", dsn]);
  expect(stderr).toContain('no migration "user@example"');
});
