import path from "node:path";
import { type PostgresVersion, startPostgres } from "@thedata/dev-postgres";
import { migrations } from "@thedata/migrations";
import { describe, expect, inject, it } from "vitest";
import { emptyDatabase, folderOf, migration, run, runJson, twoTables } from "./support.ts";

const [users, email] = ["Migration20240101000000_users", "Migration20240102000000_email"];

/** A sound migration, and one that works only on empty tables and whose `down` forgets an index. */
const faulty = {
  [`${users}.ts`]: migration(
    users,
    "create table users (id uuid primary key, legacy text not null)",
    "drop table users",
  ),
  [`${email}.ts`]: migration(
    email,
    "create index ix_users_legacy on users (legacy); alter table users add column email text not null default random()::text",
    "alter table users drop column email",
  ),
};

describe.each([15, 18] satisfies PostgresVersion[])("theData.io's migrations on PostgreSQL %s", (version) => {
  it("pass, with rows in every table", async () => {
    const server = await startPostgres({ version, source: "embedded" });
    try {
      const cwd = path.resolve(import.meta.dirname, "../../..");
      const { code, document, stderr } = await runJson(["verify", "--shadow-dsn", server.dsn], { cwd });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const sound = { up: "ok", down: "ok", again: "ok", faults: [] };
      expect(document).toMatchObject({ outcome: "ok", migrations: migrations.map(({ name }) => ({ name, ...sound })) });
      expect(JSON.stringify(document)).not.toContain("empty-table");
    } finally {
      await server.stop();
    }
  });
});

describe("verify", () => {
  it("prints a table, and nothing of the database is touched", async () => {
    const { dsn, tables } = await emptyDatabase();
    const { code, stdout, stderr } = await run(["verify", "--dsn", dsn, "--migrations", await folderOf(twoTables)]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(/^migration +up +down +up again +rows +took +result$/);
    expect(lines[1]).toMatch(/^Migration20240101000000_a +✔ +✔ +✔ +8 +[\d.]+ m?s +sound$/);
    expect(stdout).toContain("down loses data added after up: a (8 rows)");
    expect(await tables()).toEqual([]);
  });

  it("names each fault and exits with 3", async () => {
    const args = ["verify", "--shadow-dsn", inject("postgresDsn"), "--migrations", await folderOf(faulty)];
    const { code, stdout, stderr } = await run(args);
    expect({ code, stderr }).toEqual({ code: 3, stderr: "verify found 2 faults.\n" });
    expect(stdout).toMatch(/^Migration20240102000000_email .* 2 faults$/m);
    expect(stdout).toContain(
      "✖ not-restored: down does not restore the schema: index ix_users_legacy should not be there after down.",
    );
    expect(stdout).toContain(
      "✖ not-repeatable: up fails after down, although it worked before, at statement 1 of 1 (SQLSTATE 42P07)",
    );
    expect((await run([...args, "--quiet"])).stdout).toBe("");
    expect(await runJson([...args, "users"])).toMatchObject({
      code: 0,
      document: { outcome: "ok", migrations: [{ name: users }] },
    });
    expect(await runJson([...args, "--from", "email"])).toMatchObject({
      code: 3,
      document: { outcome: "refused", migrations: [{ name: email }] },
    });
  });

  it("writes Markdown in which names stay what they are", async () => {
    const args = [
      "verify",
      "--markdown",
      "--shadow-dsn",
      inject("postgresDsn"),
      "--migrations",
      await folderOf(faulty),
    ];
    const { code, stdout } = await run(args);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^### ❌ migrator verify: 2 faults\n\n\| migration \| up \|/);
    expect(stdout).toContain("| Migration20240102000000\\_email | ✔ | ✔ | ✖ | 8 |");
    expect(stdout).toContain("- ❌ **not-restored**: down does not restore the schema: index ix\\_users\\_legacy");
  });

  it("takes the server and the rows that the configuration gives", async () => {
    const [a, b] = ["Migration20240101000000_a", "Migration20240102000000_b"];
    const folder = await folderOf({
      "migrator.config.js": `export default { migrations: "all", shadow: async () => ({ dsn: process.env.SHADOW, stop: async () => {} }), verify: { rows: { t: [{ n: "1" }, { n: "2" }] } } };`,
      [`all/${a}.ts`]: migration(a, "create table t (n text not null)", "drop table t"),
      [`all/${b}.ts`]: migration(
        b,
        "alter table t alter column n type int using n::int",
        "alter table t alter column n type text",
      ),
    });
    const { document, code } = await runJson(["verify"], { cwd: folder, env: { SHADOW: inject("postgresDsn") } });
    expect(document).toMatchObject({ outcome: "ok", migrations: [{ rows: 2 }, {}] });
    expect(code).toBe(0);
  });

  it("tells each migration as a line for programs that read logs", async () => {
    const args = [
      "verify",
      "--log-format",
      "json",
      "--shadow-dsn",
      inject("postgresDsn"),
      "--migrations",
      await folderOf(twoTables),
    ];
    const lines = (await run(args)).stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(lines).toEqual(["verifying", "verified", "verifying", "verified", "result"]);
  });

  it("says what it needs", async () => {
    const migrations = ["--migrations", await folderOf(twoTables)];
    expect(await run(["verify", ...migrations])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--shadow-dsn"),
    });
    expect(await run(["verify", ...migrations, "--rows", "0"])).toMatchObject({ code: 2 });
    expect(await run(["verify", ...migrations, "nothing", "--shadow-dsn", inject("postgresDsn")])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("nothing"),
    });
  });
});
