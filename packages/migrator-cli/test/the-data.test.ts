import path from "node:path";
import { type DevPostgres, type PostgresVersion, startPostgres } from "@thedata/dev-postgres";
import { migrations } from "@thedata/migrations";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { emptyDatabase, run, runJson } from "./support.ts";

// The repository's root, whose migrator.config.ts names theData.io's models and migrations.
const cwd = path.resolve(import.meta.dirname, "../../..");
const versions: PostgresVersion[] = [15, 16, 17, 18];

describe.each(versions)("theData.io on PostgreSQL %s", (version) => {
  let server: DevPostgres;
  beforeAll(async () => {
    server = await startPostgres({ version, source: "embedded" });
  });
  afterAll(async () => await server?.stop());

  it("has models that compare as equal with its migrations", async () => {
    const shadow = ["--shadow-dsn", server.dsn];
    const [check, create] = await Promise.all([
      runJson(["check", ...shadow], { cwd }),
      run(["create", "anything", "--dry-run", ...shadow], { cwd }),
    ]);
    expect(check).toMatchObject({ code: 0, stderr: "", document: { outcome: "ok", problems: [], differences: [] } });
    expect(create).toEqual({ code: 0, stdout: "Nothing to create: models and migrations are equal.\n", stderr: "" });
  });

  it("goes up, down to empty and up again", async () => {
    const { dsn, tables } = await emptyDatabase(server.dsn);
    const options = { cwd, env: { POSTGRES_DSN: dsn } };
    expect(await runJson(["up"], options)).toMatchObject({ code: 0, document: { outcome: "applied" } });
    expect(await tables()).toHaveLength(15);
    expect(await runJson(["down", "--all"], options)).toMatchObject({ code: 0, document: { outcome: "reverted" } });
    expect(await tables()).toEqual(["mikro_orm_migrations"]);
    expect(await runJson(["up"], options)).toMatchObject({ code: 0, document: { outcome: "applied" } });
    const names = migrations.map(({ name }) => ({ name }));
    expect((await runJson(["status", "--exit-code"], options)).document).toMatchObject({
      state: "current",
      applied: names,
    });
  });
});
