import type { OrmOptions } from "../src/execute/orm-options.ts";
import { defineEntity, p } from "@mikro-orm/core";
import { describe, expect, it } from "vitest";
import { compareModels } from "../src/models/compare-models.ts";
import { contextOf, emptyDatabase, folderOf } from "./support.ts";

describe("a trigger that a migration made by hand", () => {
  const made = [
    "create table shelves (id serial primary key, label varchar(255) not null default 'x')",
    "create function shout() returns trigger language plpgsql as $$ begin new.label = upper(new.label); return new; end $$",
    "create trigger shout before insert on shelves for each row execute function shout()",
  ];
  const plain = {
    name: "Shelf",
    tableName: "shelves",
    properties: { id: p.integer().primary(), label: p.string().defaultRaw("'x'") },
  };
  const own = {
    name: "loud",
    timing: "before" as const,
    events: ["insert" as const],
    body: "new.label = upper(new.label); return new;",
  };

  it("is no difference", async () => {
    const { dsn, sql } = await emptyDatabase();
    for (const statement of made) await sql(statement);
    const { ledger } = contextOf(dsn, await folderOf({}));
    expect(await compareModels({ entities: [defineEntity(plain)] }, dsn, ledger)).toMatchObject({ up: [], down: [] });
  });

  it("stays beside one of the models, which create makes and drops", async () => {
    const { dsn, sql } = await emptyDatabase();
    for (const statement of made) await sql(statement);
    const ledger = contextOf(dsn, await folderOf({})).ledger;
    const loud: OrmOptions = { entities: [defineEntity({ ...plain, triggers: [own] })] };
    const added = await compareModels(loud, dsn, ledger);
    expect(added.up.join("\n")).toMatch(/create trigger "loud"/);
    for (const statement of added.up) await sql(statement);
    const removed = await compareModels({ entities: [defineEntity(plain)] }, dsn, ledger);
    expect(removed.up).toEqual([
      `drop trigger if exists "loud" on "shelves"`,
      `drop function if exists "shelves_loud_fn"()`,
    ]);
  });
});
