import type { OrmOptions } from "../src/execute/orm-options.ts";
import { defineEntity, p } from "@mikro-orm/core";
import { Migrator } from "@mikro-orm/migrations";
import { MikroORM } from "@mikro-orm/postgresql";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { create } from "../src/commands/create.ts";
import { diff } from "../src/commands/diff.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { contextOf, emptyDatabase, folderOf } from "./support.ts";

const shadow = () => ({ servers: [inject("postgresDsn")] });
const models = (properties: Record<string, unknown>): OrmOptions => ({
  entities: [
    defineEntity({
      name: "Thing",
      tableName: "things",
      properties: { id: p.integer().primary(), ...properties },
    } as never),
  ],
});

const wide = models({ name: p.string().length(80), price: p.decimal().precision(12).scale(4) });
const narrow = {
  name: models({ name: p.string().length(40), price: p.decimal().precision(12).scale(4) }),
  price: models({ name: p.string().length(80), price: p.decimal().precision(10).scale(2) }),
};
const long = "x".repeat(41);

/** A database at the models `before`, and the migration to `after` behind it. */
async function start(before: OrmOptions, after: OrmOptions) {
  const folder = await folderOf({});
  await create(contextOf("", folder, { ormOptions: before }), { name: "before", shadow: shadow() });
  const database = await emptyDatabase();
  const runner = contextOf(database.dsn, folder, { ormOptions: after });
  await up(runner);
  const created = await create(contextOf("", folder, { ormOptions: after }), {
    name: "after",
    direct: true,
    shadow: shadow(),
  });
  return { ...database, folder, runner, code: created.code ?? "", created };
}
const insert = `insert into things (name, price) values ('short', 1.25), ('${long}', 1.2555)`;
const values = "select name, price from things order by id";

describe("create, where a column holds less than it did", () => {
  it("writes no cast that cuts: PostgreSQL refuses a value that is too long, and keeps it", async () => {
    const { sql, runner, code } = await start(wide, narrow.name);
    expect(code).not.toMatch(/using \(|::/);
    await sql(insert);
    expect(await up(runner)).toMatchObject({ outcome: "failed", error: { sqlState: "22001" } });
    expect(await sql(values)).toMatchObject([{ name: "short" }, { name: long }]);
    await sql("delete from things where length(name) > 40");
    expect(await up(runner)).toMatchObject({ outcome: "applied" });
  });

  it("says what may be lost, and up counts it before it goes on", async () => {
    const { sql, runner, code } = await start(wide, narrow.price);
    expect(code).toMatch(
      /\/\/ things\.price changes from .* to numeric\(10,2\).*stops if there are any\n *this\.addSql\(`do \$guard\$/s,
    );
    await sql(insert);
    const report = await up(runner);
    expect(report).toMatchObject({ outcome: "failed", error: { sqlState: "22000", number: 1 } });
    expect(String(report.error?.cause)).toContain("rows of things whose price numeric(10,2) would cut or round: 1.");
    expect(await sql(values)).toMatchObject([{ price: "1.2500" }, { price: "1.2555" }]);
    await sql("update things set price = round(price, 2)");
    expect(await up(runner)).toMatchObject({ outcome: "applied" });
    expect(await sql(values)).toMatchObject([{ price: "1.25" }, { price: "1.26" }]);
  });

  it.each(["name", "price"] as const)("does so on the way back too: %s", async (what) => {
    const { sql, runner } = await start(narrow[what], wide);
    await up(runner);
    await sql(insert);
    const report = await down(runner);
    expect(report).toMatchObject({ outcome: "failed", error: { sqlState: what === "name" ? "22001" : "22000" } });
    expect(await sql(values)).toMatchObject([{ price: "1.2500" }, { name: long, price: "1.2555" }]);
  });

  it("writes what the stock migrator runs as well", async () => {
    const { dsn, sql, code, created } = await start(wide, narrow.price);
    const imported = code.replace(
      `"@mikro-orm/migrations"`,
      JSON.stringify(import.meta.resolve("@mikro-orm/migrations")),
    );
    const folder = await folderOf({ [`${created.name}.ts`]: imported });
    const orm = await MikroORM.init({
      ...wide,
      clientUrl: dsn,
      extensions: [Migrator],
      migrations: { path: folder, pathTs: folder, silent: true, snapshot: false },
    });
    onTestFinished(async () => await orm.close(true));
    await sql(insert);
    await expect(orm.migrator.up()).rejects.toThrow("would cut or round: 1.");
    await sql("update things set price = round(price, 2)");
    await orm.migrator.up();
    expect(await sql(values)).toMatchObject([{ price: "1.25" }, { price: "1.26" }]);
  });
});

describe("diff, where a column holds less than it should", () => {
  it("gives statements that lose nothing without a word", async () => {
    const { sql, runner } = await start(wide, wide);
    await sql("alter table things alter price type numeric(12,6), alter name type text");
    const { live } = await diff(runner, shadow());
    const statements = live?.differences.flatMap((one) => one.statements) ?? [];
    expect(statements).toEqual([
      "alter table public.things alter column name type character varying(80)",
      expect.stringMatching(/^do \$guard\$/),
      "alter table public.things alter column price type numeric(12,4)",
    ]);
    await sql(`insert into things (name, price) values ('a', 1.000001)`);
    await expect(sql(statements[1] ?? "")).rejects.toThrow(
      "rows of things whose price numeric(12,4) would cut or round: 1.",
    );
  });
});
