import { hash } from "@node-rs/argon2";
import { createDatabase } from "@thedata/dev-postgres";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import pg from "pg";
import { inject, onTestFinished } from "vitest";
import { type AppOptions, buildApp } from "../src/app.ts";
import { template } from "./template.ts";

/** The session secret of all test APIs. */
export const sessionSecret = "a secret that is for tests alone and long enough";

/** The password of all test users; hashed once, at low cost, so that tests are fast. */
export const password = "correct horse battery staple";
const hashedPassword = hash(password, { memoryCost: 8192, timeCost: 1 });

/** An id that no row has. */
export const nowhere = "00000000-0000-4000-8000-000000000000";

/** Sends one statement to the test's database, outside the API. */
export type Sql = <Row = Record<string, string>>(text: string, values?: unknown[]) => Promise<Row[]>;

/** A grant: permissions, and the organization in which they count; none: the whole platform. */
export interface Grant {
  readonly permissions: readonly string[];
  readonly organizationId?: string | null;
}

/** A user with a session's token. */
export interface Person {
  readonly id: string;
  readonly email: string;
  readonly token: string;
}

/** An API on its own database. */
export interface TestApi {
  readonly app: FastifyInstance;
  readonly dsn: string;
  readonly sql: Sql;
  /** Sends a request, as this person or without a session. */
  call(
    method: string,
    url: string,
    options?: { as?: Person | undefined; body?: unknown },
  ): Promise<LightMyRequestResponse>;
  login(email: string, password: string): Promise<LightMyRequestResponse>;
  /** Creates a user with one role per grant, and logs in. */
  person(...grants: Grant[]): Promise<Person>;
  /** Creates a user with the role `admin` on the whole platform, and logs in. */
  administrator(): Promise<Person>;
  organization(slug: string): Promise<string>;
  close(): Promise<void>;
}

/** Copies the template database and opens a client on the copy. */
export async function copyTemplate(): Promise<{ dsn: string; sql: Sql; end: () => Promise<void> }> {
  const dsn = await createDatabase(inject("postgresDsn"), { template });
  return { dsn, ...openSql(dsn) };
}

/** Opens a client that survives a broken connection. */
export function openSql(dsn: string, max = 2): { sql: Sql; end: () => Promise<void> } {
  const pool = new pg.Pool({ connectionString: dsn, max });
  pool.on("error", () => {});
  return {
    sql: async (text, values) => (await pool.query(text, values)).rows as never,
    end: async () => await pool.end(),
  };
}

/** Locks a table until the returned function is called or the test ends. */
export async function holdLock(dsn: string, table: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: dsn });
  client.on("error", () => {});
  await client.connect();
  await client.query(`begin; lock table ${table} in access exclusive mode`);
  const release = async () => await client.end();
  onTestFinished(release);
  return release;
}

/** Holds the lock of a runner until the function that it gives is called, or the test ends. */
export async function holdRunnerLock(dsn: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: dsn });
  await client.connect();
  await client.query(`select pg_advisory_lock(hashtextextended('migrator "public"."mikro_orm_migrations"', 0))`);
  const release = async () => await client.end();
  onTestFinished(release);
  return release;
}

/** Starts an API on a copy of the template, without a port. */
export async function startApi(options: Partial<AppOptions> = {}): Promise<TestApi> {
  const { dsn, sql, end } = await copyTemplate();
  const app = await buildApp({ dsn, sessionSecret, sessionTtl: 3600, loginsPerMinute: 10_000, ...options });
  const call: TestApi["call"] = async (method, url, { as, body } = {}) =>
    await app.inject({
      method: method,
      url,
      ...(as && { headers: { authorization: `Bearer ${as.token}` } }),
      ...(body !== undefined && { payload: body as object }),
    });
  const login: TestApi["login"] = async (email, given) =>
    await call("POST", "/v1/sessions", { body: { email, password: given } });
  const logIn = async (email: string): Promise<Person> => {
    const [row] = await sql("select id from users where email = $1", [email]);
    const answer = await login(email, password);
    // Fail here: later the test would fail with a 401 that does not say why there is no session.
    if (answer.statusCode !== 201) throw new Error(`no session (${answer.statusCode}): ${answer.body}`);
    return { id: row?.["id"] ?? "", email, token: answer.json<{ token: string }>().token };
  };
  return {
    app,
    dsn,
    sql,
    call,
    login,
    person: async (...grants) => await logIn(await insertPerson(sql, grants)),
    administrator: async () => await logIn(await insertAdministrator(sql)),
    organization: async (slug) =>
      (await sql("insert into organizations (name, slug) values ($1, $1) returning id", [slug]))[0]?.["id"] ?? "",
    close: async () => {
      await app.close();
      await end();
    },
  };
}

/** Starts an API for one test. */
export async function startOwnApi(options: Partial<AppOptions> = {}): Promise<TestApi> {
  const api = await startApi(options);
  onTestFinished(async () => await api.close());
  return api;
}

/** Creates a user without roles and gives the mail address. */
export async function insertUser(sql: Sql): Promise<string> {
  const email = `${crypto.randomUUID()}@example.com`;
  await sql("insert into users (email, full_name, hashed_password) values ($1, 'Somebody', $2)", [
    email,
    await hashedPassword,
  ]);
  return email;
}

async function insertPerson(sql: Sql, grants: readonly Grant[]): Promise<string> {
  const email = await insertUser(sql);
  for (const { permissions, organizationId = null } of grants) {
    const roleId = await insertRole(sql, permissions);
    await sql(
      "insert into user_roles (user_id, role_id, organization_id) select id, $2, $3 from users where email = $1",
      [email, roleId, organizationId],
    );
  }
  return email;
}

/** Creates a role with these permissions and gives its id. */
export async function insertRole(sql: Sql, permissions: readonly string[]): Promise<string> {
  const [role] = await sql("insert into roles (name) values ($1) returning id", [`role ${crypto.randomUUID()}`]);
  await sql(
    "insert into role_permissions (role_id, permission_id) select $1, id from permissions where name = any($2)",
    [role?.["id"], permissions],
  );
  return role?.["id"] ?? "";
}

async function insertAdministrator(sql: Sql): Promise<string> {
  const email = await insertUser(sql);
  await sql(
    "insert into user_roles (user_id, role_id) select u.id, r.id from users u, roles r where u.email = $1 and r.name = 'admin'",
    [email],
  );
  return email;
}
