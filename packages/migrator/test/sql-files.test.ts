import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { checkProject } from "../src/commands/check.ts";
import { readStatus } from "../src/commands/status.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { contextOf, emptyDatabase, folderOf, ledgerOf, tablesOf } from "./support.ts";

const dbmate = `-- migrate:up
create table a (id int, note text default 'a;b');
create function f() returns int language sql as $$ select 1; $$;

-- migrate:down
drop function f();
drop table a;
`;

const goose = `-- +goose Up
-- +goose StatementBegin
create function g() returns trigger language plpgsql as $$
begin
  return new;
end $$;
-- +goose StatementEnd
create table g (id int);

-- +goose Down
drop table g;
drop function g();
`;

const concurrent = `-- migrate:up transaction:false
create index concurrently idx on a (id);
-- migrate:down transaction:false
drop index concurrently idx;
`;

const stock = `import { Migration } from "@mikro-orm/migrations";
export class Migration20240103000000_c extends Migration {
  override up() { this.addSql("create table c (id int)"); }
  override down() { this.addSql("drop table c"); }
}
`;

async function project(files: Record<string, string>) {
  const folder = await folderOf(files);
  const { dsn, sql } = await emptyDatabase();
  return { sql, folder, context: contextOf(dsn, folder, { cache: path.join(folder, "cache") }) };
}

const mixed = {
  "20240101000000_a.sql": dbmate,
  "20240102000000_g.sql": goose,
  "Migration20240103000000_c.ts": stock,
  "20240104000000_d.up.sql": "create table d (id int);",
  "20240104000000_d.down.sql": "drop table d;",
  "20240105000000_i.sql": concurrent,
  "seed.sql": "insert into a values (1)",
};
const names = [
  "20240101000000_a",
  "20240102000000_g",
  "Migration20240103000000_c",
  "20240104000000_d",
  "20240105000000_i",
];

describe("plain SQL", () => {
  it("stands beside classes in one history, in the order of the versions", async () => {
    const { context, sql } = await project(mixed);
    expect((await up(context)).outcome).toBe("applied");
    expect(await ledgerOf(sql)).toEqual(names);
    expect(await tablesOf(sql)).toEqual(["a", "c", "d", "g", "mikro_orm_migrations"]);
    expect((await up(context)).outcome).toBe("nothing");
    expect((await readStatus(context)).state).toBe("current");
    expect((await down(context, { all: true })).outcome).toBe("reverted");
    expect(await tablesOf(sql)).toEqual(["mikro_orm_migrations"]);
  });

  it("is recorded with its text: an edit is seen, in either file of a pair", async () => {
    for (const [name, text] of [
      ["20240101000000_a.sql", dbmate.replace("id int", "id bigint")],
      ["20240104000000_d.down.sql", "drop table d cascade;"],
    ] as const) {
      const { context, folder } = await project(mixed);
      await up(context);
      expect((await up(context)).outcome).toBe("nothing");
      await writeFile(path.join(folder, name), text);
      expect((await readStatus(context)).problems).toMatchObject([{ code: "changed" }]);
    }
  });

  it("passes check without classes and names of ours", async () => {
    const { context } = await project({ "20240101000000_a.sql": dbmate });
    const { problems } = await checkProject(context, { servers: [context.dsn] });
    expect(problems).toEqual([]);
  });

  it("is ahead of a build that does not have it, and comes in the order of its version", async () => {
    const numbered = Object.fromEntries(
      [9, 10, 11].map((version) => [
        `${version}_t.sql`,
        `-- migrate:up\ncreate table t${version} ();\n-- migrate:down\ndrop table t${version};`,
      ]),
    );
    const { context, sql, folder } = await project(numbered);
    await up(context);
    expect(await ledgerOf(sql)).toEqual(["9_t", "10_t", "11_t"]);
    for (const version of [10, 11]) {
      await rm(path.join(folder, `${21 - version}_t.sql`));
      expect((await readStatus(context)).state).toBe("ahead");
    }
  });

  it("without a way back is not reverted", async () => {
    const { context } = await project({ "1_a.sql": "-- migrate:up\ncreate table a (id int);" });
    await up(context);
    expect(await down(context)).toMatchObject({ outcome: "refused", problems: [{ code: "irreversible" }] });
  });

  it.each([
    ["no marks", "create table a (id int);", "does not mark which part is up"],
    ["variables", "-- +goose ENVSUB ON\n-- +goose Up\ncreate table ${A} (id int);", "ENVSUB"],
    ["a transaction of its own", "-- migrate:up\nbegin; create table a (id int); commit;", "transaction:false"],
    ["rows from a client", "-- migrate:up\ncopy a from stdin;", "cannot send rows"],
  ])("with %s is refused by name before anything runs", async (_, text, says) => {
    const { context, sql } = await project({ "20240101000000_a.sql": text });
    const { outcome, error } = await up(context);
    expect([outcome, error?.message]).toEqual(["failed", expect.stringContaining(says)]);
    expect(await tablesOf(sql)).not.toContain("a");
  });
});
