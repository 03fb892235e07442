import { spawnSync } from "node:child_process";
import path from "node:path";
import { MikroORM } from "@mikro-orm/postgresql";
import { type DevPostgres, startPostgres } from "@thedata/dev-postgres";
import { ormOptions } from "@thedata/models";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { emptyDatabase, folderOf, run } from "./support.ts";

const top = path.resolve(import.meta.dirname, "../../..");
const version = Number(
  /\(PostgreSQL\) (\d+)/.exec(spawnSync("pg_dump", ["--version"]).stdout?.toString() ?? "")?.[1] ?? 0,
);

/** The schema as pg_dump writes it, one statement per entry, without the ledger, settings and comments. */
const dump = (dsn: string): string[] => {
  const args = ["--schema-only", "--no-owner", "--no-privileges", "--exclude-table=mikro_orm_migrations*", dsn];
  const { stdout, stderr, status } = spawnSync("pg_dump", args, { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const lines = stdout.split("\n").filter((line) => !/^(--|SET |SELECT pg_catalog|\\)/.test(line));
  return lines
    .join("\n")
    .split(/;\n/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "" && !statement.includes("mikro_orm_migrations"));
};

/** Sorts the columns of each `create table`, so that their order does not matter. */
const sortColumns = (statements: readonly string[]) =>
  statements.map((statement) => {
    const [, head, body] = /^(CREATE TABLE [^\n]+ \(\n)([\s\S]*)\n\)$/.exec(statement) ?? [];
    return body === undefined ? statement : `${head}${body.split(",\n").toSorted().join(",\n")}\n)`;
  });

const missingIn = (one: readonly string[], other: readonly string[]) => other.filter((text) => !one.includes(text));

describe.skipIf(version < 15)(
  `theData.io's schema as pg_dump 15 or later sees it${version < 15 ? ", which is not here" : ""}`,
  () => {
    let server: DevPostgres;
    let generated: string[];

    beforeAll(async () => {
      server = await startPostgres({ version: 15, source: "embedded" });
    });
    afterAll(async () => await server?.stop());

    /** The dump of what MikroORM's own generator creates from the models. */
    const generate = async () => {
      const { dsn } = await emptyDatabase(server.dsn);
      const orm = await MikroORM.init({ ...ormOptions, clientUrl: dsn });
      await orm.schema.create();
      await orm.close(true);
      return dump(dsn);
    };

    it("is the same by create from nothing and by MikroORM's own generator", async () => {
      generated = await generate();
      const cwd = await folderOf({
        "migrations/.gitkeep": "",
        "migrator.config.ts": `export default { migrations: "migrations", models: async () => (await import(${JSON.stringify(path.join(top, "packages/models/src/index.ts"))})).ormOptions };`,
      });
      const { dsn } = await emptyDatabase(server.dsn);
      const options = { cwd, env: { POSTGRES_DSN: dsn } };
      expect(await run(["create", "everything"], options)).toMatchObject({ code: 0, stderr: "" });
      expect(await run(["up"], options)).toMatchObject({ code: 0, stderr: "" });
      expect(generated.length).toBeGreaterThan(60);
      expect(dump(dsn)).toEqual(generated);
      expect(await run(["down", "--all"], options)).toMatchObject({ code: 0, stderr: "" });
      expect(dump(dsn)).toEqual([]);
    });

    it("is the same by its four migrations, but for the order of some columns", async () => {
      generated = await generate();
      const { dsn } = await emptyDatabase(server.dsn);
      expect(await run(["up"], { cwd: top, env: { POSTGRES_DSN: dsn } })).toMatchObject({ code: 0, stderr: "" });
      const migrated = dump(dsn);
      const [mine, theirs] = [sortColumns(migrated), sortColumns(generated)];
      expect({ more: missingIn(theirs, mine), less: missingIn(mine, theirs) }).toEqual({ more: [], less: [] });
      const reordered = missingIn(generated, migrated).map(
        (sql) => /^CREATE TABLE public\.(\w+)/.exec(sql)?.[1] ?? sql,
      );
      // The migrations put a record's owner first, the models put it last; a later migration added
      // `role_permissions.role_id`.
      const records = ["data_source_logs", "data_source_metrics", "pipeline_logs", "pipeline_metrics"];
      expect(reordered).toEqual([...records, "role_permissions"]);
    });
  },
);
