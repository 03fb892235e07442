import { expect, it } from "vitest";
import type { Catalog } from "@thedata/catalog";
import { tidyDrops } from "./tidy-drops.ts";

const key = (from: string, to: string): Catalog[number] => ({
  kind: "constraint",
  name: `public.${from}.fk_${from}_${to}`,
  table: `public.${from}`,
  position: 1,
  inherited: false,
  properties: { type: "foreign key", references: `public.${to}` },
});
const dropKey = (from: string, to: string) => `alter table "${from}" drop constraint "fk_${from}_${to}"`;

it("drops tables before those that they refer to, without their keys", () => {
  const statements = [
    dropKey("b", "a"),
    dropKey("c", "a"),
    'drop table if exists "a" cascade',
    'drop table "b"',
    'alter table "c" drop column "a"',
  ];
  expect(tidyDrops(statements, [key("b", "a"), key("c", "a"), key("b", "b")])).toEqual([
    dropKey("c", "a"),
    'drop table "b"',
    'drop table "a"',
    'alter table "c" drop column "a"',
  ]);
});

it.each([
  ["that refer to each other", [key("a", "b"), key("b", "a")], ['drop table "a"', 'drop table "b"']],
  ["of other schemas", [], ['drop table "x"."a"']],
  ["that are not there", [], ["select 1"]],
])("leaves tables %s as they are", (_, catalog, statements) => {
  expect(tidyDrops(statements, catalog)).toEqual(statements);
});
