import path from "node:path";
import { expect, inject, it } from "vitest";
import {
  emptyDatabase,
  expectDiscretion,
  folderOf,
  migration,
  project,
  run,
  type RunOptions,
  temporaryFolder,
  twoTables,
} from "./support.ts";

const password = "Distinctive-Passw0rd-4711";

/** The address of the test server with other parts. */
function address(parts: Partial<Record<"username" | "hostname" | "port" | "pathname" | "password", string>>): string {
  return Object.assign(new URL(inject("postgresDsn")), { password, ...parts }).href;
}

/** What a row's functions get: a folder with two sound migrations, and a database that must stay empty. */
interface Start {
  readonly folder: string;
  readonly dsn: string;
}

interface Row {
  readonly what: string;
  /** Everything after `migrator`. */
  readonly args: (start: Start) => readonly string[] | Promise<readonly string[]>;
  readonly env?: (start: Start) => Record<string, string>;
  /** The files of the working folder. */
  readonly files?: Record<string, string>;
  readonly code: number;
  readonly names: string | RegExp;
}

const parts = {
  POSTGRES_HOST: "127.0.0.1",
  POSTGRES_USER: "somebody",
  POSTGRES_DB: "somewhere",
  POSTGRES_PASSWORD: password,
};
const up = ({ folder, dsn }: Start) => ["up", "--migrations", folder, "--dsn", dsn];
const withFolder = ({ folder }: Start) => ["up", "--migrations", folder];
const onDatabase = async ({ dsn }: Start, files: Record<string, string>) => [
  "up",
  "--dsn",
  dsn,
  "--migrations",
  await folderOf(files),
];

const rows: Row[] = [
  { what: "no configuration at all", args: () => ["up"], code: 2, names: "No migrations folder is configured" },
  { what: "no database", args: withFolder, code: 2, names: "No database is configured" },
  {
    what: "half a configuration",
    args: withFolder,
    env: () => ({ POSTGRES_HOST: "localhost", POSTGRES_PASSWORD: password }),
    code: 2,
    names: "POSTGRES_USER and POSTGRES_DB missing",
  },
  {
    what: "a wrong password",
    args: ({ folder }) => ["up", "--migrations", folder, "--dsn", address({})],
    code: 2,
    names: "refuses the login of",
  },
  {
    what: "a wrong password in the environment",
    args: withFolder,
    env: () => ({ POSTGRES_DSN: address({}) }),
    code: 2,
    names: "refuses the login",
  },
  {
    what: "a host that has no address",
    args: ({ folder }) => ["up", "--migrations", folder, "--dsn", address({ hostname: "nowhere.invalid" })],
    code: 2,
    names: "nowhere.invalid",
  },
  {
    what: "a port where nothing listens",
    args: ({ folder }) => ["up", "--migrations", folder, "--dsn", address({ hostname: "127.0.0.1", port: "1" })],
    code: 2,
    names: "Nothing listens at 127.0.0.1:1",
  },
  {
    what: "a database that does not exist",
    args: ({ folder }) => [
      "up",
      "--migrations",
      folder,
      "--dsn",
      Object.assign(new URL(inject("postgresDsn")), { pathname: "/mistyped_database" }).href,
    ],
    code: 2,
    names: `The database "mistyped_database" does not exist`,
  },
  { what: "an unknown command", args: () => ["upp", "--dsn", address({})], code: 2, names: "unknown command 'upp'" },
  { what: "an unknown option", args: (start) => [...up(start), "--force"], code: 2, names: "unknown option '--force'" },
  { what: "an argument too many", args: (start) => [...up(start), "everything"], code: 2, names: "too many arguments" },
  { what: "an option without its value", args: () => ["up", "--dsn"], code: 2, names: "--dsn <URL>" },
  { what: "no steps", args: (start) => [...up(start), "--steps", "0"], code: 2, names: "whole number from 1" },
  { what: "steps in words", args: (start) => [...up(start), "--steps", "two"], code: 2, names: "whole number from 1" },
  { what: "an unknown migration", args: (start) => [...up(start), "--to", "c"], code: 2, names: `no migration "c"` },
  {
    what: "an ambiguous migration",
    args: (start) => [...up(start), "--to", "2024"],
    code: 2,
    names: `"2024" fits 2 migrations`,
  },
  {
    what: "two ways to say how far down",
    args: ({ folder, dsn }) => ["down", "--migrations", folder, "--dsn", dsn, "--all", "--steps", "1"],
    code: 2,
    names: "cannot be used with",
  },
  {
    what: "a folder that is not there",
    args: ({ dsn }) => ["up", "--dsn", dsn, "--migrations", "/nowhere/migrations"],
    code: 2,
    names: "/nowhere/migrations does not exist",
  },
  { what: "an empty folder", args: async (start) => await onDatabase(start, {}), code: 2, names: "holds no migration" },
  {
    what: "a file in place of the folder",
    args: ({ dsn, folder }) => ["up", "--dsn", dsn, "--migrations", path.join(folder, Object.keys(twoTables)[0] ?? "")],
    code: 2,
    names: "is a file",
  },
  {
    what: "TypeScript that does not parse",
    args: async (start) => await onDatabase(start, { ...twoTables, "Migration20240103000000_c.ts": "export class {" }),
    code: 5,
    names: "Migration20240103000000_c.ts cannot be loaded",
  },
  {
    what: "a file without a migration",
    args: async (start) => await onDatabase(start, { "Migration1_x.ts": "export {};" }),
    code: 5,
    names: "exports no class",
  },
  {
    what: "SQL that does not parse",
    args: async (start) =>
      await onDatabase(start, { "Migration1_x.ts": migration("Migration1_x", "create tabel x ()") }),
    code: 5,
    names: "syntax error at or near",
  },
  {
    what: "a variable and its file",
    args: withFolder,
    env: () => ({ ...parts, POSTGRES_PASSWORD_FILE: "/run/secrets/password" }),
    code: 2,
    names: "POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are both set",
  },
  {
    what: "an address and its file",
    args: withFolder,
    env: ({ dsn }) => ({ POSTGRES_DSN: dsn, POSTGRES_DSN_FILE: "/run/secrets/dsn" }),
    code: 2,
    names: "POSTGRES_DSN and POSTGRES_DSN_FILE are both set",
  },
  {
    what: "a file that is not there",
    args: withFolder,
    env: () => ({ ...parts, POSTGRES_USER: "", POSTGRES_USER_FILE: "/nowhere/user" }),
    code: 2,
    names: "POSTGRES_USER_FILE names /nowhere/user",
  },
  {
    what: "a port that is no number",
    args: withFolder,
    env: () => ({ ...parts, POSTGRES_PORT: "many" }),
    code: 2,
    names: `POSTGRES_PORT is "many"`,
  },
  {
    what: "a port that is too high",
    args: withFolder,
    env: () => ({ ...parts, POSTGRES_PORT: "65536" }),
    code: 2,
    names: `POSTGRES_PORT is "65536"`,
  },
  {
    what: "an address of another kind",
    args: withFolder,
    env: () => ({ POSTGRES_DSN: `mysql://root:${password}@localhost/x` }),
    code: 2,
    names: "POSTGRES_DSN is not a connection string",
  },
  {
    what: "an address that is none",
    args: ({ folder }) => ["up", "--migrations", folder, "--dsn", `${password} at localhost`],
    code: 2,
    names: "--dsn is not a connection string",
  },
  {
    what: "a certificate that is not there",
    args: (start) => [
      "up",
      "--migrations",
      start.folder,
      "--dsn",
      `${address({})}?sslmode=verify-full&sslrootcert=/nowhere.pem`,
    ],
    code: 2,
    names: "/nowhere.pem",
  },
  {
    what: "a configuration that does not exist",
    args: (start) => [...up(start), "--config", "nowhere.config.ts"],
    code: 2,
    names: /nowhere\.config\.ts does not exist/,
  },
  {
    what: "a configuration without a default export",
    args: up,
    files: { "migrator.config.ts": "export const config = {};" },
    code: 2,
    names: "has no default export",
  },
  {
    what: "a configuration that throws",
    args: up,
    files: { "migrator.config.ts": `throw new Error("thrown on purpose");` },
    code: 2,
    names: "thrown on purpose",
  },
  {
    what: "a configuration that does not parse",
    args: up,
    files: { "migrator.config.ts": "export default {" },
    code: 2,
    names: "cannot be loaded",
  },
  {
    what: "a configured address that throws",
    args: withFolder,
    files: { "migrator.config.ts": `export default { dsn() { throw new Error("no vault"); } };` },
    code: 2,
    names: "no vault",
  },
  {
    what: "a configured address that is none",
    args: withFolder,
    files: { "migrator.config.ts": `export default { dsn: "${password}" };` },
    code: 2,
    names: `"dsn" in the configuration is not`,
  },
  {
    what: "a setting that there is not, by a near one",
    args: up,
    files: { "migrator.config.ts": `export default { migration: "here" };` },
    code: 2,
    names: `The configuration has an unknown setting "migration": did you mean "migrations"?`,
  },
  {
    what: "a setting that there is not, far from all",
    args: up,
    files: { "migrator.config.ts": `export default { schema: "public" };` },
    code: 2,
    names: `The configuration has an unknown setting "schema": the settings are alembic, areas, dsn, fleet, ledger`,
  },
  {
    what: "a setting of another kind",
    args: up,
    files: { "migrator.config.ts": `export default { ledger: { table: "a" } };` },
    code: 2,
    names: `"ledger" in the configuration takes a name, TABLE or SCHEMA.TABLE`,
  },
  {
    what: "a setting of another kind in a promise",
    args: up,
    files: { "migrator.config.ts": `export default (async () => ({ models: { entities: [] } }))();` },
    code: 2,
    names: `"models" in the configuration takes MikroORM's configuration file`,
  },
  {
    what: "rows of another kind",
    args: up,
    files: { "migrator.config.ts": `export default { verify: { row: {} } };` },
    code: 2,
    names: `"verify" in the configuration takes { rows:`,
  },
  {
    what: "MikroORM's own configuration",
    args: up,
    files: { "migrator.config.ts": `export default { dbName: "a", entities: [], migrations: { path: "here" } };` },
    code: 2,
    names: "is MikroORM's own configuration",
  },
  {
    what: "an address in the configuration of another kind",
    args: withFolder,
    files: { "migrator.config.ts": `export default { dsn: () => ({ host: "localhost" }) };` },
    code: 2,
    names: `"dsn" in the configuration gives no connection string`,
  },
  {
    what: "a mode of TLS that there is not",
    args: (start) => ["up", "--migrations", start.folder, "--dsn", `${address({})}?sslmode=bogus`],
    code: 2,
    names: `sslmode is "bogus": it takes disable, allow, prefer, require, verify-ca or verify-full`,
  },
  {
    what: "models that cannot be loaded",
    args: ({ folder, dsn }) => ["check", "--migrations", folder, "--dsn", dsn],
    files: { "migrator.config.ts": `export default { models: () => import("./nowhere.ts") };` },
    code: 2,
    names: "nowhere.ts",
  },
  {
    what: "a manifest that is none",
    args: async (start) => await onDatabase(start, { ...twoTables, "manifest.json": "{" }),
    code: 2,
    names: "manifest.json is not valid JSON",
  },
];

it.each(rows)("refuses $what by its name, for people and for programs, and changes nothing", async (row) => {
  const { folder, dsn, tables } = await project();
  const options: RunOptions = { cwd: await folderOf(row.files ?? {}), env: row.env?.({ folder, dsn }) ?? {} };
  const args = await row.args({ folder, dsn });
  const [people, programs] = await Promise.all([run(args, options), run(["--json", ...args], options)]);
  expect([people.code, programs.code]).toEqual([row.code, row.code]);
  expect(people.stderr).toMatch(row.names);
  expect(JSON.parse(programs.stdout)).toMatchObject({
    outcome: row.code === 5 ? "failed" : "refused",
    error: { message: expect.stringMatching(row.names) },
  });
  expect((await tables()).filter((name) => name !== "mikro_orm_migrations")).toEqual([]);
  for (const outcome of [people, programs]) expectDiscretion(outcome, password);
});

it("refuses a role that may not make the ledger, in one sentence", async () => {
  const { dsn, sql, folder, tables } = await project();
  const role = `plain_${crypto.randomUUID().slice(0, 8)}`;
  await sql(`create role ${role} login password '${password}'`);
  const outcome = await run([
    "up",
    "--migrations",
    folder,
    "--dsn",
    Object.assign(new URL(dsn), { username: role, password }).href,
  ]);
  await sql(`drop role ${role}`);
  expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining("permission denied for schema public") });
  expect(await tables()).toEqual([]);
  expectDiscretion(outcome, password);
});

it("leaves a migrations folder that it refused as it was", async () => {
  const folder = await temporaryFolder();
  const { dsn } = await emptyDatabase();
  const both = await run(["create", "a", "--blank", "--rename", "a=b", "--migrations", folder, "--dsn", dsn]);
  expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining("cannot be used with option '--rename") });
  expect((await run(["create", "---", "--blank", "--migrations", folder, "--dsn", dsn])).code).toBe(2);
});
