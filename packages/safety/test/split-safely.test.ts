import { beforeAll, describe, expect, it } from "vitest";
import { splitSafely } from "../src/safe/split-safely.ts";
import { loadParser } from "../src/parse/statement.ts";
import { replay } from "../src/lint.ts";
import { settle } from "../src/schema/settle.ts";
import { exampleState } from "./examples.ts";

beforeAll(loadParser);

const split = (...statements: string[]) =>
  splitSafely(statements, exampleState(), () => ({
    type: "integer",
    default: undefined,
    indexes: new Map(),
    constraints: new Map(),
  }))?.map(({ statements: all, transactional }) => [transactional ? "together" : "alone", ...all]);

describe("a safe sequence", () => {
  it.each([
    {
      what: "an index",
      up: "create index i on users (age)",
      parts: [["alone", "create index concurrently i on users (age)"]],
    },
    {
      what: "a unique index",
      up: `create unique index "i" on "users" ("age")`,
      parts: [["alone", `create unique index concurrently "i" on "users" ("age")`]],
    },
    {
      what: "an index that goes",
      up: "drop index users_name_idx",
      parts: [["alone", "drop index concurrently users_name_idx"]],
    },
    {
      what: "a foreign key",
      up: `alter table "orders" add constraint "f" foreign key ("ref_id") references "orgs" ("id")`,
      parts: [
        [
          "together",
          `alter table "orders" add constraint "f" foreign key ("ref_id") references "orgs" ("id") not valid`,
        ],
        ["together", `alter table "orders" validate constraint "f"`],
      ],
    },
    {
      what: "a check",
      up: `alter table users add constraint c check (age < 200)`,
      parts: [
        ["together", "alter table users add constraint c check (age < 200) not valid"],
        ["together", `alter table users validate constraint "c"`],
      ],
    },
    {
      what: "a unique constraint",
      up: `alter table "users" add constraint "u" unique ("name", "age")`,
      parts: [
        [
          "alone",
          `create unique index concurrently "u" on "users" ("name", "age")`,
          `alter table "users" add constraint "u" unique using index "u"`,
        ],
      ],
    },
    {
      what: "NOT NULL",
      up: `alter table "users" alter column "age" set not null`,
      parts: [
        ["together", `alter table "users" add constraint "users_age_set" check ("age" is not null) not valid`],
        [
          "together",
          `alter table "users" validate constraint "users_age_set"`,
          `alter table "users" alter column "age" set not null`,
          `alter table "users" drop constraint "users_age_set"`,
        ],
      ],
    },
    {
      what: "a default that differs by row",
      up: `alter table "lines" add "token" uuid not null default gen_random_uuid()`,
      parts: [
        [
          "together",
          `alter table "lines" add column "token" uuid`,
          `alter table "lines" alter column "token" set default gen_random_uuid()`,
        ],
        ["together", `update "lines" set "token" = gen_random_uuid() where "token" is null`],
        ["together", `alter table "lines" add constraint "lines_token_set" check ("token" is not null) not valid`],
        [
          "together",
          `alter table "lines" validate constraint "lines_token_set"`,
          `alter table "lines" alter column "token" set not null`,
          `alter table "lines" drop constraint "lines_token_set"`,
        ],
      ],
    },
    {
      what: "one of several commands",
      up: `alter table lines add x int, add token numeric(10, 2) default random()`,
      parts: [
        [
          "together",
          "alter table lines add x int",
          `alter table lines add column "token" numeric(10, 2)`,
          `alter table lines alter column "token" set default random()`,
        ],
        ["together", `update lines set "token" = random() where "token" is null`],
      ],
    },
    {
      what: "a wider type",
      up: `alter table "lines" alter column "quantity" type bigint using ("quantity"::bigint)`,
      parts: [
        [
          "together",
          `alter table "lines" add column "quantity_new" bigint`,
          `create function "lines_quantity_sync"() returns trigger language plpgsql as $$begin new."quantity_new" := new."quantity"::bigint; return new; end$$`,
          `create trigger "lines_quantity_sync" before insert or update on "lines" for each row execute function "lines_quantity_sync"()`,
        ],
        [
          "together",
          `update "lines" set "quantity_new" = "quantity"::bigint where "quantity_new" is null and "quantity" is not null`,
        ],
        [
          "together",
          `alter table "lines" add constraint "lines_quantity_set" check ("quantity_new" is not null) not valid`,
          `alter table "lines" add constraint "lines_quantity_same" check ("quantity_new" is not distinct from "quantity"::bigint) not valid`,
        ],
        [
          "together",
          `alter table "lines" validate constraint "lines_quantity_set"`,
          `alter table "lines" validate constraint "lines_quantity_same"`,
        ],
        [
          "together",
          `drop trigger "lines_quantity_sync" on "lines"`,
          `drop function "lines_quantity_sync"()`,
          `alter table "lines" alter column "quantity_new" set not null`,
          `alter table "lines" drop constraint "lines_quantity_set"`,
          `alter table "lines" drop constraint "lines_quantity_same"`,
          `alter table "lines" drop column "quantity"`,
          `alter table "lines" rename column "quantity_new" to "quantity"`,
        ],
      ],
    },
  ])("is made of $what", ({ up, parts }) => {
    expect(split(up)).toEqual(parts);
  });

  it.each([
    [
      "a table that the change makes",
      "create table t (a int)",
      "create index i on t (a)",
      "alter table t add constraint c check (a > 0)",
    ],
    ["a column that is proved", "alter table users alter column note set not null"],
    ["an index of a partitioned table", "create index i on events (kind)"],
    ["what is safe as it is", "alter table users add column x int", "create index concurrently i on users (age)"],
    ["a type that a time zone makes", "alter table orders alter column placed_at type timestamptz"],
    ["a type that refuses values", "alter table orders alter column amount type numeric(4,2)"],
    ["a type of a column that a check names", "alter table users alter column age type bigint"],
    ["a type of a key", "alter table orders alter column id type bigint"],
    ["a default that is the same for all", "alter table users add x timestamptz not null default now()"],
    ["a column of a table without a simple key", "alter table spare add x uuid default gen_random_uuid()"],
    [
      "a default of a table whose trigger would write each row",
      "alter table users add x uuid default gen_random_uuid()",
    ],
    ["a type of a table with a trigger", "alter table users alter column org_id type numeric"],
    [
      "a column that the same change reads",
      "alter table lines add x uuid default gen_random_uuid()",
      "insert into orgs (id) select id from lines where x is not null",
    ],
    ["what is renamed", "alter table users rename note to notes", "alter table orgs rename to companies"],
    ["a primary key", "alter table spare add constraint p primary key (id)"],
  ])("leaves %s", (_, ...up) => {
    expect(split(...up)).toBeUndefined();
  });

  it("lets the indexes of a column follow it to its new type", () => {
    const state = exampleState();
    const schema = ["create unique index lines_quantity on lines (quantity, id)"];
    replay([{ statements: schema }], state);
    settle(state);
    const definition = "CREATE UNIQUE INDEX lines_quantity ON public.lines USING btree (quantity, id)";
    const parts = splitSafely(["alter table public.lines alter column quantity type bigint"], state, () => ({
      type: "integer",
      default: undefined,
      indexes: new Map([["lines_quantity", definition]]),
      constraints: new Map(),
    }));
    expect(parts?.flatMap(({ statements }) => statements).filter((sql) => sql.includes("index"))).toEqual([
      `create unique index concurrently "lines_quantity_new" on public.lines using btree ("quantity_new", id)`,
      `alter index public."lines_quantity_new" rename to "lines_quantity"`,
    ]);
    expect(parts?.at(-1)?.down?.filter((sql) => sql.includes("index"))).toEqual([
      `create unique index "lines_quantity_new" on public.lines using btree ("quantity_new", id)`,
    ]);
  });

  it.each([
    ["create /* big */ index i on users (age)", "create index concurrently i on users (age)"],
    ["-- for search\ncreate index i on users (age)", "create index concurrently i on users (age)"],
    [
      "alter table users add constraint c check (age < 200) -- years",
      "alter table users add constraint c check (age < 200) not valid",
    ],
    [
      "alter table lines add token uuid default(gen_random_uuid()) -- one each",
      `update lines set "token" = (gen_random_uuid()) where "token" is null`,
    ],
  ])("leaves no comment in front of what it adds to %s", (sql, written) => {
    expect(split(sql)?.flat()).toContain(written);
  });

  const made = (setup: string, sql: string) => {
    const state = exampleState();
    replay([{ statements: [setup] }], state);
    settle(state);
    const described = { type: "integer", default: undefined, indexes: new Map(), constraints: new Map() };
    return splitSafely([sql], state, () => described);
  };

  it("keeps the direct change of type where a trigger may write the column behind ours", () => {
    const change = "alter table lines alter column quantity type bigint";
    const trigger = "create trigger z before insert on lines for each row execute function touch()";
    expect(made("select 1", change)).toBeDefined();
    expect(made(trigger, change)).toBeUndefined();
  });

  it("makes names of at most 63 bytes, which are not taken", () => {
    const long = "ü".repeat(31);
    const setup = `create table ${long} (id int primary key, quantity int)`;
    const parts = made(setup, `alter table ${long} alter column quantity set not null`);
    const [, name = ""] = /add constraint "([^"]+)"/.exec(parts?.[0]?.statements[0] ?? "") ?? [];
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
    expect(name).toMatch(/_set$/);
  });

  it("takes a table's name for no part of ALTER TABLE", () => {
    const state = exampleState();
    replay([{ statements: ["create table t (id int primary key, a int, b int)"] }], state);
    settle(state);
    const parts = splitSafely(["alter table t alter column a set not null, add constraint cb check (b > 0)"], state);
    expect(parts?.[0]?.statements).toEqual([
      'alter table t add constraint "t_a_set" check ("a" is not null) not valid',
      "alter table t add constraint cb check (b > 0) not valid",
    ]);
  });

  it("validates everything before it takes a stronger lock", () => {
    const parts = split(
      `alter table "users" alter column "age" set not null`,
      `alter table "lines" add constraint c check (quantity > 0);`,
    );
    expect(parts?.at(-1)).toEqual([
      "together",
      `alter table "users" validate constraint "users_age_set"`,
      `alter table "lines" validate constraint "c"`,
      `alter table "users" alter column "age" set not null`,
      `alter table "users" drop constraint "users_age_set"`,
    ]);
  });

  it("gives renames a migration of their own, which comes back with the rows", () => {
    const parts = splitSafely(
      [
        "alter table users rename column note to notes",
        'alter table app."items" rename to "things";',
        "create index i on users (notes)",
        "alter index users_name_idx rename to users_names",
      ],
      exampleState(),
    );
    expect(parts?.map(({ statements, down }) => [statements, down])).toEqual([
      [
        ["alter table users rename column note to notes", 'alter table app."items" rename to "things"'],
        ['alter table app."things" rename to "items"', "alter table users rename column notes to note"],
      ],
      [["create index concurrently i on users (notes)"], undefined],
      [["alter index users_name_idx rename to users_names"], ["alter index users_names rename to users_name_idx"]],
    ]);
  });

  it("keeps the order, and leaves together what may be", () => {
    expect(
      split(
        "alter table users add column x int",
        "create index i on users (x)",
        "alter table users add column y int",
        "alter table orgs add column z int",
      ),
    ).toEqual([
      ["together", "alter table users add column x int"],
      ["alone", "create index concurrently i on users (x)"],
      ["together", "alter table users add column y int", "alter table orgs add column z int"],
    ]);
  });
});
