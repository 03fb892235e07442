import { createDatabase, dropDatabase } from "@thedata/dev-postgres";
import { migrations } from "@thedata/migrations";
import { expect, inject, onTestFinished, test, vi } from "vitest";
import { buildApp } from "../src/app.ts";
import { openSql, sessionSecret, startOwnApi, type TestApi } from "./support.ts";

const newest = migrations.at(-1)?.name ?? "";

/** Waits until `/readyz` answers with this status and gives the reason; fails after two seconds. */
async function reasonAt(api: Pick<TestApi, "app">, status: number): Promise<string> {
  return await vi.waitFor(async () => {
    const answer = await api.app.inject("/readyz");
    if (answer.statusCode !== status) throw new Error(`${answer.statusCode}: ${answer.body}`);
    return answer.json().detail ?? answer.json().status;
  }, 2000);
}

async function startOn(dsn: string) {
  const app = await buildApp({ dsn, sessionSecret, sessionTtl: 60 });
  onTestFinished(async () => await app.close());
  return { app };
}

test("an API on an empty database is alive, not ready, and names every pending migration", async () => {
  const api = await startOn(await createDatabase(inject("postgresDsn")));
  expect((await api.app.inject("/healthz")).statusCode).toBe(200);
  expect(await reasonAt(api, 503)).toMatch(new RegExp(migrations.map(({ name }) => name).join(", ")));
});

test("an API on the current schema is ready", async () => {
  expect(await reasonAt(await startOwnApi(), 200)).toBe("ready");
});

test("an API becomes unready when the newest migration is no longer recorded, and ready when it is again", async () => {
  const api = await startOwnApi();
  expect(await reasonAt(api, 200)).toBe("ready");
  const [row] = await api.sql("delete from mikro_orm_migrations where name = $1 returning *", [newest]);
  expect(await reasonAt(api, 503)).toMatch(new RegExp(`pending ${newest}`));
  await api.sql("insert into mikro_orm_migrations (id, name, checksum) values ($1, $2, $3)", [
    row?.["id"],
    newest,
    row?.["checksum"],
  ]);
  expect(await reasonAt(api, 200)).toBe("ready");
});

test("an API is not ready on a database that a newer build migrated", async () => {
  const api = await startOwnApi();
  await api.sql("insert into mikro_orm_migrations (name) values ('Migration20991231000000_from_the_future')");
  expect(await reasonAt(api, 503)).toMatch(/ahead.*Migration20991231000000_from_the_future/);
});

test("an API is not ready on a history that has diverged", async () => {
  const api = await startOwnApi();
  await api.sql("update mikro_orm_migrations set checksum = 'edited' where name = $1", [migrations[0]?.name]);
  expect(await reasonAt(api, 503)).toMatch(new RegExp(`diverged.*${migrations[0]?.name}`));
});

test("an API is not ready, but alive, when the database has gone", async () => {
  const api = await startOwnApi();
  expect(await reasonAt(api, 200)).toBe("ready");
  await dropDatabase(inject("postgresDsn"), api.dsn);
  expect(await reasonAt(api, 503)).toMatch(/cannot be reached \(3D000\)/);
  expect((await api.app.inject("/healthz")).statusCode).toBe(200);
});

test("an API starts although nothing listens at the database's address", async () => {
  const api = await startOn("postgresql://somebody:hidden-password@127.0.0.1:1/nothing");
  expect(await reasonAt(api, 503)).toMatch(/cannot be reached \(ECONNREFUSED\)/);
  expect((await api.app.inject("/readyz")).body).not.toContain("hidden-password");
});

test("readiness is answered within two seconds when the database does not answer", async () => {
  const api = await startOwnApi();
  const { sql, end } = openSql(api.dsn);
  onTestFinished(end);
  // Nobody can read the ledger while somebody holds this lock.
  const held = sql("begin; lock table mikro_orm_migrations in access exclusive mode; select pg_sleep(2.5); commit");
  await vi.waitFor(async () =>
    expect(await api.sql("select from pg_locks where mode = 'AccessExclusiveLock'")).not.toEqual([]),
  );
  const started = Date.now();
  expect(await reasonAt(api, 503)).toMatch(/cannot be reached/);
  expect(Date.now() - started).toBeLessThan(2000);
  await held;
});

test("resources answer 503 with a problem document while the schema is not current, and log nobody in", async () => {
  const api = await startOwnApi();
  const administrator = await api.administrator();
  await api.sql("delete from mikro_orm_migrations where name = $1", [newest]);
  await reasonAt(api, 503);
  for (const answer of [
    await api.call("GET", "/v1/organizations", { as: administrator }),
    await api.login(administrator.email, "whatever"),
  ]) {
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(answer.json().detail).toContain(newest);
  }
});

test("the metrics tell whether the schema is ready and how long each route took", async () => {
  const api = await startOwnApi();
  await api.call("GET", "/v1/users/00000000-0000-4000-8000-000000000000");
  const ready = (await api.app.inject("/metrics")).body;
  expect(ready).toMatch(/^schema_ready 1$/m);
  expect(ready).toContain('http_request_duration_seconds_count{method="GET",route="/v1/users/:id",status="401"} 1');
  expect(ready).toContain("process_cpu_seconds_total");
  await api.sql("delete from mikro_orm_migrations");
  await reasonAt(api, 503);
  expect((await api.app.inject("/metrics")).body).toMatch(/^schema_ready 0$/m);
});
