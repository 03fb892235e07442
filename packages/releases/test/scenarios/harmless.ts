import { p } from "@mikro-orm/postgresql";
import { type ItemsChange, onItems } from "./items.ts";
import type { Scenario } from "./scenario.ts";

type Change = Omit<ItemsChange, "row" | "name" | "migration" | "oldOnNew" | "newOnOld">;

const base: Change = {
  columns: "note varchar(100), amount int not null default 0, meta jsonb, constraint items_note unique (note)",
  rows: `(name, note, amount, meta) values ('a', 'x', 1, '{"a": 1}'), ('b', null, 2, null)`,
  old: () => ({
    note: p.string().length(100).nullable(),
    amount: p.integer().default(0),
    meta: p.json<object>().nullable(),
  }),
  full: { note: "y", amount: 5, meta: { b: 2 } },
  upserts: [{ on: "Item", values: { name: "u", note: "x" }, conflict: ["note"] }],
};

function harmless(name: string, migration: readonly string[], change: Change = base): Scenario {
  return onItems({ row: "harmless", name, migration, ...change, oldOnNew: {}, newOnOld: {} });
}

const referring: Change = {
  columns: "parent_id int references items on delete set null",
  rows: "(name, parent_id) values ('a', null), ('b', 1)",
  old: () => ({ parentId: p.integer().nullable() }),
  full: { parentId: 2 },
};

/** Changes that no release notices: a judge that finds anything in them is wrong. */
export const harmlessChanges: readonly Scenario[] = [
  harmless("an index is added", ["create index on items (amount)"]),
  harmless("a partial index on an expression is added", ["create index on items (lower(name)) where amount > 0"]),
  harmless("a GIN index on json is added", ["create index on items using gin (meta)"]),
  harmless("an index is dropped", ["drop index items_amount"], {
    ...base,
    postlude: ["create index items_amount on items (amount)"],
  }),
  harmless("an index is renamed", ["alter index items_amount rename to by_amount"], {
    ...base,
    postlude: ["create index items_amount on items (amount)"],
  }),
  harmless("a table gets a comment", ["comment on table items is 'things'"]),
  harmless("a column gets a comment", ["comment on column items.note is 'what is noted'"]),
  harmless("storage is changed", ["alter table items alter note set storage external"]),
  harmless("compression is changed", ["alter table items alter note set compression pglz"]),
  harmless("the fill factor is changed", ["alter table items set (fillfactor = 80)"]),
  harmless("autovacuum is set", ["alter table items set (autovacuum_vacuum_scale_factor = 0.01)"]),
  harmless("a constraint is renamed", ["alter table items rename constraint items_note to one_note"]),
  harmless("the key's constraint is renamed", ["alter table items rename constraint items_pkey to items_key"]),
  harmless("a varchar becomes wider", ["alter table items alter note type varchar(200)"]),
  harmless("a varchar becomes a text", ["alter table items alter note type text"]),
  harmless("a varchar loses its length", ["alter table items alter note type varchar"]),
  harmless("a nullable column is added that nobody maps", ["alter table items add column extra text"]),
  harmless("a column with a default is added that nobody maps", [
    "alter table items add column extra int not null default 7",
  ]),
  harmless("a generated column is added that nobody maps", [
    "alter table items add column extra text generated always as (upper(name)) stored",
  ]),
  harmless("an identity column is added that nobody maps", [
    "alter table items add column extra int generated always as identity",
  ]),
  harmless("a nullable reference to a new table is added", [
    "create table others (id int primary key)",
    "alter table items add column other_id int references others",
  ]),
  harmless("a nullable column with a unique is added that nobody maps", [
    "alter table items add column extra text unique",
  ]),
  harmless("a column with a unique is added to which the server gives other values each time", [
    "alter table items add column extra uuid not null default gen_random_uuid() unique",
  ]),
  harmless("a text gets a length that all of its items have", ["alter table items alter note type varchar(7)"], {
    columns: "note text not null default 'blocked'",
    rows: "(name, note) values ('a', 'active')",
    old: () => ({ note: p.enum(["active", "blocked"]) }),
    full: { note: "blocked" },
    required: ["note"],
  }),
  harmless("a column with a default and a check is added that nobody maps", [
    "alter table items add column extra text not null default 'a' check (extra in ('a', 'b'))",
  ]),
  harmless("a new table refers to an old one and forgets it when that is deleted", [
    "create table others (id int primary key, item_id int references items on delete set null)",
  ]),
  harmless(
    "an index is added to a table whose trigger sets the time of each change",
    ["create index on items (name)"],
    {
      columns: "note text, updated_at timestamptz not null default now()",
      postlude: [
        "create function touch() returns trigger language plpgsql as $$ begin new.updated_at = clock_timestamp(); return new; end $$",
        "create trigger touch before update on items for each row execute function touch()",
      ],
      rows: "(name, note, updated_at) values ('a', 'x', '2024-01-02 03:04:05+00'), ('b', null, '2024-01-03 03:04:05+00')",
      old: () => ({ note: p.text().nullable(), updatedAt: p.datetime() }),
      full: { note: "y", updatedAt: new Date("2024-05-06T07:08:09Z") },
      required: ["updatedAt"],
    },
  ),
  harmless("an unrelated table is added", ["create table others (id int primary key)"]),
  harmless("an unrelated table is dropped", ["drop table others"], {
    ...base,
    prelude: ["create table others (id int primary key)"],
  }),
  harmless("an unrelated schema, type and sequence are added", [
    "create schema extra",
    "create type mood as enum ('good')",
    "create sequence extra_numbers",
  ]),
  harmless("a view is added", ["create view names as select name from items"]),
  harmless("a function is added", ["create function one() returns int language sql as 'select 1'"]),
  harmless("a constraint that was NOT VALID is validated", ["alter table items validate constraint positive"], {
    ...base,
    postlude: ["alter table items add constraint positive check (amount >= 0) not valid"],
  }),
  harmless("a check is dropped", ["alter table items drop constraint positive"], {
    ...base,
    postlude: ["alter table items add constraint positive check (amount >= 0)"],
  }),
  harmless("statistics are added", ["create statistics items_stats on name, amount from items"]),
  harmless("the statistics target is changed", ["alter table items alter note set statistics 500"]),
  harmless(
    "a default is set that the release sends itself with the same value",
    ["alter table items alter amount set default 0"],
    { ...base, columns: "note varchar(100), amount int not null, meta jsonb", upserts: [] },
  ),
  harmless("a default is set on a column that the release always sends", [
    "alter table items alter name set default ''",
  ]),
  harmless("a unique on an expression is added beside the one that holds already", [
    "create unique index on items (note, amount)",
  ]),
  harmless("a column without null gets a check that says so too", [
    "alter table items add constraint amount_is_there check (amount is not null)",
  ]),
  harmless("an integer key becomes a bigint, mapped as bigint", ["alter table items alter id type bigint"], {
    ...base,
    old: () => ({ ...base.old?.(), id: p.bigint("number").primary() }),
  }),
  harmless("an integer becomes a bigint, mapped as bigint", ["alter table items alter amount type bigint"], {
    ...base,
    old: () => ({ ...base.old?.(), amount: p.bigint("number").default(0) }),
  }),
  harmless("a numeric gets more digits before the point", ["alter table items alter price type numeric(12, 2)"], {
    columns: "price numeric(10, 2) not null default 0",
    rows: "(name, price) values ('a', 1.5)",
    old: () => ({ price: p.decimal("number").precision(10).scale(2).default(0) }),
    full: { price: 2.25 },
  }),
  harmless(
    "a foreign key that the release knows is replaced by one of the same rule",
    [
      "alter table items add constraint parent foreign key (parent_id) references items on delete set null not valid",
      "alter table items drop constraint items_parent_id_fkey",
      "alter table items validate constraint parent",
    ],
    referring,
  ),
  harmless(
    "a foreign key that the release knows follows keys that change",
    [
      "alter table items drop constraint items_parent_id_fkey",
      "alter table items add constraint parent foreign key (parent_id) references items on delete set null on update cascade",
    ],
    referring,
  ),
  harmless("a unique constraint is replaced by a unique index", [
    "create unique index one_note on items (note)",
    "alter table items drop constraint items_note",
  ]),
  harmless("a column that nobody maps takes null now", ["alter table items alter extra drop not null"], {
    ...base,
    columns: `${base.columns}, extra int not null default 1`,
  }),
  harmless("publication and replica identity are set", ["alter table items replica identity full"]),
];
