import { p } from "@mikro-orm/postgresql";
import { onItems } from "./items.ts";
import type { Scenario } from "./scenario.ts";

const note = (verdict: "breaks" | "wrong" | "depends", sqlState?: string | readonly string[]) =>
  ({ verdict, ...(sqlState && { sqlState }), column: "items.note" }) as const;
const optional = { columns: "note text", old: () => ({ note: p.text().nullable() }), full: { note: "y" } } as const;
const violating = note("depends", "23514");
const duplicate = note("depends", "23505");
const noIndex = note("breaks", "42P10");

function uniqueLost(name: string, migration: readonly string[], more: Partial<Scenario> = {}): Scenario {
  return {
    ...onItems({
      row: "unique partial, on expression, dropped; table partitioned",
      name,
      columns: "note text, constraint items_note unique (note)",
      rows: "(name, note) values ('a', 'x')",
      migration,
      old: () => ({ note: p.text().nullable() }),
      full: { note: "y" },
      upserts: [{ on: "Item", values: { name: "u", note: "x" }, conflict: ["note"], by: "old" }],
      oldOnNew: { upsert: noIndex },
      newOnOld: {},
    }),
    ...more,
  };
}

/** Checks, uniques and exclusions. */
export const constraints: readonly Scenario[] = [
  onItems({
    row: "CHECK, domain, EXCLUDE added, NOT VALID too",
    name: "a check is added",
    ...optional,
    rows: "(name, note) values ('a', 'x')",
    migration: ["alter table items add constraint items_note check (length(note) < 5)"],
    extras: [{ on: "Item", values: { note: "a longer text" } }],
    oldOnNew: { insert: violating, update: violating },
    newOnOld: {},
  }),
  onItems({
    row: "CHECK, domain, EXCLUDE added, NOT VALID too",
    name: "a check is added as NOT VALID, and a row violates it",
    ...optional,
    rows: "(name, note) values ('a', 'x')",
    unusualRows: ["insert into items (name, note) values ('c', 'a longer text')"],
    migration: ["alter table items add constraint items_note check (length(note) < 5) not valid"],
    oldOnNew: { update: violating, upsert: { verdict: "works" } },
    newOnOld: {},
  }),
  onItems({
    row: "CHECK, domain, EXCLUDE added, NOT VALID too",
    name: "a column gets a domain with a check",
    ...optional,
    rows: "(name, note) values ('a', 'x')",
    migration: ["create domain short as text check (length(value) < 5)", "alter table items alter note type short"],
    extras: [{ on: "Item", values: { note: "a longer text" } }],
    oldOnNew: { insert: violating, update: violating },
    newOnOld: {},
  }),
  onItems({
    row: "CHECK, domain, EXCLUDE added, NOT VALID too",
    name: "an exclusion is added",
    ...optional,
    rows: "(name, note) values ('a', 'x')",
    migration: ["alter table items add constraint items_note exclude using btree (note with =)"],
    extras: [{ on: "Item", values: { note: "x" }, operations: ["insert"] }],
    oldOnNew: { insert: note("depends", "23P01") },
    newOnOld: {},
  }),
  onItems({
    row: "UNIQUE added",
    name: "a unique is added",
    ...optional,
    rows: "(name, note) values ('a', 'x'), ('b', 'z')",
    migration: ["alter table items add constraint items_note unique (note)"],
    extras: [{ on: "Item", values: { note: "x" } }],
    oldOnNew: { insert: duplicate, update: duplicate },
    newOnOld: {},
  }),
  onItems({
    row: "UNIQUE added",
    name: "a unique is added on what has no usual values",
    columns: "code uuid not null",
    rows: "(name, code) values ('a', '5a0e8bd4-6f4e-4c4b-8d3a-0f6c0d9c3a01'), ('b', '5a0e8bd4-6f4e-4c4b-8d3a-0f6c0d9c3a02')",
    migration: ["create unique index on items (code)"],
    old: () => ({ code: p.uuid() }),
    full: { code: "5a0e8bd4-6f4e-4c4b-8d3a-0f6c0d9c3a03" },
    required: ["code"],
    extras: [{ on: "Item", values: { code: "5a0e8bd4-6f4e-4c4b-8d3a-0f6c0d9c3a01" } }],
    oldOnNew: { insert: { verdict: "depends", sqlState: "23505" }, update: { verdict: "depends", sqlState: "23505" } },
    newOnOld: {},
  }),
  onItems({
    row: "UNIQUE added",
    name: "a column with a default comes, and may have it once",
    migration: [
      "alter table items alter name drop not null, add column code text",
      "update items set code = name",
      "alter table items alter code set default '', alter code set not null, add unique (code)",
    ],
    old: () => ({}),
    new: () => ({ code: p.text() }),
    newFull: { code: "c" },
    newRequired: ["code"],
    unusualRows: [],
    together: [
      { on: "Item", values: { name: "x" } },
      { on: "Item", values: { name: "y" } },
    ],
    oldOnNew: { insert: { verdict: "breaks", sqlState: "23505" } },
    newOnOld: {
      read: { verdict: "wrong" },
      filter: { verdict: "breaks", sqlState: "42703" },
      insert: { verdict: "breaks", sqlState: "42703" },
      update: { verdict: "breaks", sqlState: "42703" },
      upsert: { verdict: "breaks", sqlState: "42703" },
    },
  }),
  onItems({
    row: "UNIQUE added",
    name: "a unique is added that takes one null only",
    ...optional,
    rows: "(name, note) values ('a', 'x'), ('b', null)",
    migration: ["alter table items add constraint items_note unique nulls not distinct (note)"],
    new: () => ({ note: p.text() }),
    newRequired: ["note"],
    oldOnNew: { insert: note("breaks", "23505"), update: note("breaks", "23505") },
    newOnOld: {},
    pair: { new: { read: note("wrong") } },
  }),
  {
    ...onItems({
      row: "UNIQUE added",
      name: "a unique is added by which the newer release upserts",
      ...optional,
      rows: "(name, note) values ('a', 'x'), ('b', 'z')",
      migration: ["create unique index items_note on items (note)"],
      extras: [{ on: "Item", values: { note: "x" } }],
      oldOnNew: { insert: duplicate, update: duplicate },
      newOnOld: { upsert: noIndex },
    }),
    upserts: [{ on: "Item", values: { name: "u", note: "x" }, conflict: ["note"], by: "new" }],
  },
  uniqueLost("a unique is dropped by which the old release upserts", ["alter table items drop constraint items_note"]),
  uniqueLost("a unique becomes partial", [
    "alter table items drop constraint items_note",
    "create unique index items_note on items (note) where note <> ''",
  ]),
  uniqueLost("a unique becomes one on an expression", [
    "alter table items drop constraint items_note",
    "create unique index items_note on items (lower(note))",
  ]),
  uniqueLost("a table is partitioned, its unique gets the partition's column", [
    "alter table items rename to old_items",
    "alter table old_items rename constraint items_note to old_items_note",
    "create table items (id int generated by default as identity, name varchar(255) not null, note text, unique (note, id), primary key (id)) partition by range (id)",
    "create table items_all partition of items default",
    "insert into items select * from old_items",
    "select setval(pg_get_serial_sequence('items', 'id'), 100)",
    "drop table old_items",
  ]),
  onItems({
    row: "unique partial, on expression, dropped; table partitioned",
    name: "a unique is dropped by which nobody upserts, and there are duplicates now",
    columns: "note text, constraint items_note unique (note)",
    rows: "(name, note) values ('a', 'x')",
    migration: ["alter table items drop constraint items_note"],
    old: () => ({ note: p.text().nullable() }),
    full: { note: "y" },
    newRows: ["insert into items (name, note) values ('c', 'x')"],
    searches: [{ on: "Item", where: { note: "x" }, single: true }],
    oldOnNew: {},
    newOnOld: {},
    pair: { old: { filter: note("wrong") } },
  }),
];
