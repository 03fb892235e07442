import { setTimeout as sleep } from "node:timers/promises";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDatabase, dropDatabase, startPostgres } from "@thedata/dev-postgres";
import { directory, migrations } from "@thedata/migrations";
import { createMigrator } from "@thedata/migrator";
import { expect, inject, onTestFinished, test } from "vitest";
import { buildApp } from "../src/app.ts";
import { describeOwnRelease } from "../src/release.ts";
import { holdLock, holdRunnerLock, openSql, sessionSecret, startOwnApi, type TestApi } from "./support.ts";

const newest = migrations.at(-1)?.name ?? "";

const patience = { timeout: 120_000 };

/** The present status and detail of `/readyz`. */
const readyz = (api: Pick<TestApi, "app">) => async () => {
  const answer = await api.app.inject("/readyz");
  return [answer.statusCode, answer.json<{ detail?: string; status: string }>().detail ?? answer.json().status];
};
const ready = [200, "ready"];
const unready = (reason: RegExp) => [503, expect.stringMatching(reason)];

async function startOn(dsn: string) {
  const app = await buildApp({ dsn, sessionSecret, sessionTtl: 60 });
  onTestFinished(async () => await app.close());
  return { app };
}

/** Starts a server that keeps asynchronous commits in memory as long as PostgreSQL can. */
async function startLazyServer() {
  const home = await mkdtemp(path.join(tmpdir(), "api-readiness-"));
  const { dsn, stop } = await startPostgres({ source: "embedded", dataDir: home });
  const { sql, end } = openSql(dsn, 1);
  onTestFinished(async () => {
    await end();
    await stop();
    await rm(home, { recursive: true, force: true });
  });
  await sql("alter system set wal_writer_delay = '10s'");
  await sql("select pg_reload_conf()");
  return { dsn, sql };
}

test("an API on an empty database is alive, not ready, and names every pending migration", async () => {
  const api = await startOn(await createDatabase(inject("postgresDsn")));
  expect((await api.app.inject("/healthz")).statusCode).toBe(200);
  await expect.poll(readyz(api), patience).toEqual(unready(new RegExp(migrations.map(({ name }) => name).join(", "))));
});

test("an API on the current schema is ready", async () => {
  await expect.poll(readyz(await startOwnApi()), patience).toEqual(ready);
});

test("an API says ready only of what is on its server's disk", async () => {
  const { dsn, sql } = await startLazyServer();
  await createMigrator({ connection: dsn, migrations: directory }).up();
  // As after a runner that was killed before its last commit.
  await sql("set synchronous_commit = off");
  await sql("insert into mikro_orm_migrations_audit (action, migration) values ('applied', 'M')");
  const flushed = "select pg_current_wal_flush_lsn() >= $1::pg_lsn as flushed";
  const [{ lsn } = {}] = await sql("select pg_current_wal_insert_lsn() as lsn");
  expect(await sql(flushed, [lsn])).toEqual([{ flushed: false }]);
  await expect.poll(readyz(await startOn(dsn)), patience).toEqual(ready);
  expect(await sql(flushed, [lsn])).toEqual([{ flushed: true }]);
});

test("an API becomes unready when the newest migration is no longer recorded, and ready when it is again", async () => {
  const api = await startOwnApi();
  await expect.poll(readyz(api), patience).toEqual(ready);
  const [row] = await api.sql("delete from mikro_orm_migrations where name = $1 returning *", [newest]);
  await expect.poll(readyz(api), patience).toEqual(unready(new RegExp(`pending ${newest}`)));
  await api.sql("insert into mikro_orm_migrations (id, name, checksum) values ($1, $2, $3)", [
    row?.["id"],
    newest,
    row?.["checksum"],
  ]);
  await expect.poll(readyz(api), patience).toEqual(ready);
});

const future = "Migration20991231000000_from_the_future";
const recordFuture = `insert into mikro_orm_migrations (name) values ('${future}')`;

test("an API serves on a database that a newer build migrated in a way that its models do not mind", async () => {
  const api = await startOwnApi();
  await expect.poll(readyz(api), patience).toEqual(ready);
  await api.sql("alter table organizations add column country text");
  await api.sql(recordFuture);
  await sleep(1500);
  expect(await readyz(api)()).toEqual(ready);
  await expect.poll(readyz(await startOn(api.dsn)), patience).toEqual(ready);
  expect((await api.app.inject({ url: "/v1/organizations" })).statusCode).not.toBe(503);
});

test("an API is not ready on a database that a newer build migrated away from its models, and says why", async () => {
  const api = await startOwnApi();
  await expect.poll(readyz(api), patience).toEqual(ready);
  await api.sql("alter table users drop column role");
  await api.sql(recordFuture);
  await expect
    .poll(readyz(api), patience)
    .toEqual(unready(/ahead.*from_the_future, and this build does not work there: .*users\.role is gone/));
});

test("an API believes the verdict that came with the newest migration", async () => {
  const api = await startOwnApi();
  await expect.poll(readyz(api), patience).toEqual(ready);
  const { digest } = await describeOwnRelease().loadContract();
  await api.sql(
    "create table mikro_orm_migrations_verdicts (migration text, digest text, verdict text, findings jsonb)",
  );
  await api.sql(`insert into mikro_orm_migrations_verdicts values ('${future}', $1, 'wrong', '["rows go missing"]')`, [
    digest,
  ]);
  await api.sql("grant select on mikro_orm_migrations_verdicts to public");
  await api.sql(recordFuture);
  await expect.poll(readyz(api), patience).toEqual(unready(/ahead.*rows go missing/));
});

test("an API that was ready stays so while a runner is at work", async () => {
  const api = await startOwnApi();
  await expect.poll(readyz(api), patience).toEqual(ready);
  const release = await holdRunnerLock(api.dsn);
  await api.sql("delete from mikro_orm_migrations where name = $1", [newest]);
  await sleep(1500);
  expect(await readyz(api)()).toEqual(ready);
  await release();
  await expect.poll(readyz(api), patience).toEqual(unready(new RegExp(`pending ${newest}`)));
});

test("an API is not ready on a history that has diverged", async () => {
  const api = await startOwnApi();
  await api.sql("update mikro_orm_migrations set checksum = 'edited' where name = $1", [migrations[0]?.name]);
  await expect.poll(readyz(api), patience).toEqual(unready(new RegExp(`diverged.*${migrations[0]?.name}`)));
});

test("an API is not ready, but alive, when the database has gone", async () => {
  const api = await startOwnApi();
  await expect.poll(readyz(api), patience).toEqual(ready);
  await dropDatabase(inject("postgresDsn"), api.dsn);
  await expect.poll(readyz(api), patience).toEqual(unready(/cannot be reached \(3D000\)/));
  expect((await api.app.inject("/healthz")).statusCode).toBe(200);
});

test("an API starts although nothing listens at the database's address", async () => {
  const api = await startOn("postgresql://somebody:hidden-password@127.0.0.1:1/nothing");
  await expect.poll(readyz(api), patience).toEqual(unready(/cannot be reached \(ECONNREFUSED\)/));
  expect((await api.app.inject("/readyz")).body).not.toContain("hidden-password");
});

test("readiness is answered within two seconds when the database does not answer", async () => {
  const api = await startOwnApi();
  expect((await api.app.inject("/healthz")).statusCode).toBe(200);
  // This lock keeps the API from reading the ledger.
  await holdLock(api.dsn, "mikro_orm_migrations");
  // On a loaded machine all timers of this process are late, but the API's is still due before this one.
  const twoSeconds = sleep(2000).then(async () => await sleep(100, "more than two seconds"));
  const answer = await Promise.race([api.app.inject("/readyz"), twoSeconds]);
  expect(answer).toMatchObject({ statusCode: 503, body: expect.stringMatching(/cannot be reached/) });
});

test("requests go by what the database said last while it is late to say it again", async () => {
  const api = await startOwnApi();
  const administrator = await api.administrator();
  await expect.poll(readyz(api), patience).toEqual(ready);
  await holdLock(api.dsn, "mikro_orm_migrations");
  await expect.poll(readyz(api), patience).toEqual(unready(/cannot be reached/));
  expect((await api.call("GET", "/v1/organizations", { as: administrator })).statusCode).toBe(200);
});

test("resources answer 503 with a problem document while the schema is not current, and log nobody in", async () => {
  const api = await startOwnApi();
  const administrator = await api.administrator();
  await api.sql("delete from mikro_orm_migrations where name = $1", [newest]);
  await expect.poll(readyz(api), patience).toEqual(unready(/pending/));
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
  await expect.poll(readyz(api), patience).toEqual(unready(/pending/));
  expect((await api.app.inject("/metrics")).body).toMatch(/^schema_ready 0$/m);
});
