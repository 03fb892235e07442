import { beforeAll, describe, expect, it } from "vitest";
import { splitSafely } from "../src/safe/split-safely.ts";
import { loadParser } from "../src/parse/statement.ts";
import { exampleState } from "./examples.ts";

beforeAll(loadParser);

const split = (...statements: string[]) =>
  splitSafely(statements, exampleState()).map(({ statements: all, transactional }) => [
    transactional ? "together" : "alone",
    ...all,
  ]);

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
    ["a primary key", "alter table spare add constraint p primary key (id)"],
  ])("leaves %s", (_, ...up) => {
    expect(split(...up).flat()).toEqual(["together", ...up]);
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
