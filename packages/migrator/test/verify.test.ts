import { describe, expect, inject, it } from "vitest";
import { verify, type Verification, type VerifyOptions, type VerifyProgress } from "../src/commands/verify.ts";
import type { Verdict } from "../src/verify/verdict.ts";
import { contextOf, emptyDatabase, folderOf, migrationSource, type Steps } from "./support.ts";

const base: Steps = {
  up: [
    "create table users (id int generated always as identity primary key, email text not null, legacy text, note text, code varchar(10))",
    "create table orders (id int generated always as identity primary key, user_id int not null references users, total numeric(8,2) not null)",
    "create index ix_users_note on users (note)",
  ],
  down: ["drop table orders", "drop table users"],
};

const first = "Migration20240101000000_base";
const second = "Migration20240102000000_change";
const third = "Migration20240103000000_after";

async function run(
  files: Readonly<Record<string, Steps | string>>,
  options: Partial<VerifyOptions> = {},
): Promise<Verification> {
  const folder = await folderOf(files);
  return await verify(contextOf("", folder), { shadow: { servers: [inject("postgresDsn")] }, ...options });
}

/** Verifies a change to the base, and gives the verdict on it. */
async function verifyChange(change: Steps | string, options: Partial<VerifyOptions> = {}): Promise<Verdict> {
  const { migrations } = await run(
    { [first]: base, [typeof change === "string" ? `${second}.ts` : second]: change },
    options,
  );
  expect(migrations[0]?.faults).toEqual([]);
  return migrations[1] as Verdict;
}

const say = (items: Verdict["faults"] | Verdict["notes"] = []) =>
  items.map(({ code, message }) => `${code}: ${message}`);

/** A migration's text with a comment on its class. */
function commented(comment: string, steps: Steps): string {
  return migrationSource(second, steps).replace("export class", `/**\n * ${comment}\n */\nexport class`);
}

describe("a sound history", () => {
  it("passes, with rows in every table, and tells what down and up lose of what it made", async () => {
    const progress: VerifyProgress[] = [];
    const change: Steps = {
      up: [
        "alter table users add column age int check (age > 0)",
        "create table pets (id uuid primary key, owner int references users)",
        "create index on users (email)",
      ],
      down: ["drop index users_email_idx", "drop table pets", "alter table users drop column age"],
    };
    const result = await run({ [first]: base, [second]: change }, { onProgress: (one) => progress.push(one) });
    expect(result.outcome).toBe("ok");
    expect(
      result.migrations.map(({ name, faults, notes, up, down, again }) => ({ name, faults, notes, up, down, again })),
    ).toEqual([first, second].map((name) => ({ name, faults: [], notes: [], up: "ok", down: "ok", again: "ok" })));
    const [one, two] = result.migrations;
    expect(one?.losses).toEqual([
      { table: "orders", column: null, rows: 8, of: 8 },
      { table: "users", column: null, rows: 8, of: 8 },
    ]);
    expect(two?.losses).toMatchObject([
      { table: "pets", column: null, rows: 8, of: 8 },
      { table: "users", column: "age" },
    ]);
    expect(progress.map(({ type }) => type)).toEqual(["verifying", "verified", "verifying", "verified"]);
  });

  it("gives the same result twice", async () => {
    const files = {
      [first]: base,
      [second]: { up: ["alter table users drop column legacy"], down: ["alter table users add column legacy text"] },
    };
    const strip = ({ migrations }: Verification) => migrations.map((verdict) => ({ ...verdict, durationMs: 0 }));
    expect(strip(await run(files))).toEqual(strip(await run(files)));
  });

  it("keeps data that up moves and down moves back", async () => {
    const { faults, notes } = await verifyChange({
      up: [
        "alter table users add column kept jsonb",
        "update users set kept = jsonb_build_object('email', email), email = lower(email)",
      ],
      down: ["update users set email = kept ->> 'email' where kept ? 'email'", "alter table users drop column kept"],
    });
    expect([say(faults), say(notes)]).toEqual([[], []]);
  });

  it("passes outside a transaction too", async () => {
    const { faults } = await verifyChange({
      transactional: false,
      up: ["create index concurrently ix_email on users (email)", "alter table users add column x int"],
      down: ["alter table users drop column x", "drop index concurrently ix_email"],
    });
    expect(faults).toEqual([]);
  });

  it("passes when its code asks the database while it runs", async () => {
    const { faults } = await verifyChange(
      migrationSource(second, {
        code: `const rows = await this.execute("select count(*)::int as n from users"); this.addSql("alter table users add column n int default " + (rows[0].n > 0 ? 1 : 2));`,
        down: ["alter table users drop column n"],
      }),
    );
    expect(faults).toEqual([]);
  });

  it("takes a column that a trigger stamps with the time for stamped, not for lost", async () => {
    const stamping: Steps = {
      up: [
        "create table t (id int generated always as identity primary key, name text not null, updated_at timestamptz not null default now())",
        "create function stamp() returns trigger language plpgsql as $$ begin new.updated_at := now(); return new; end $$",
        "create trigger stamp before update on t for each row execute function stamp()",
      ],
      down: ["drop table t", "drop function stamp"],
    };
    const change = {
      up: ["alter table t add column shout text", "update t set shout = upper(name)"],
      down: ["update t set name = name", "alter table t drop column shout"],
    };
    const { migrations } = await run({ [first]: stamping, [second]: change });
    expect(say(migrations[1]?.faults)).toEqual([]);
    expect(say(migrations[1]?.notes)).toContain("stamped: t.updated_at of 8 rows has the time of the run after down.");
  });
});

/** A change with one fault in it, and what is to be said of it. */
const planted: readonly [string, Steps | string, RegExp][] = [
  [
    "a down that forgets an index",
    {
      up: ["alter table users add column age int", "create index ix_orders_total on orders (total)"],
      down: ["alter table users drop column age"],
    },
    /^not-restored: down does not restore the schema: index ix_orders_total should not be there after down\.$/,
  ],
  [
    "a down that does not make an index again",
    { up: ["drop index ix_users_note"], down: [] },
    /^not-restored: down does not restore the schema: index ix_users_note is missing after down\.$/,
  ],
  [
    "a down that forgets a column",
    {
      up: ["alter table users drop column legacy, add column legacy2 text"],
      down: ["alter table users drop column legacy2"],
    },
    /^not-restored: .*column users\.legacy is missing after down/,
  ],
  [
    "a down that loses a column's values",
    { up: ["alter table users drop column legacy"], down: ["alter table users add column legacy text"] },
    /^data-lost: users\.legacy has lost its values in \d of 8 rows after down\. .*@loses users\.legacy$/,
  ],
  [
    "an up that rewrites values and a down that does not bring them back",
    { up: ["update users set email = lower(email)"], down: [] },
    /^data-lost: users\.email has lost its values in \d of 8 rows after down\./,
  ],
  [
    "a down that deletes rows",
    {
      up: ["alter table orders add column x int"],
      down: ["alter table orders drop column x", "delete from orders where total > (select min(total) from orders)"],
    },
    /^data-lost: orders has lost \d of 8 rows after down\./,
  ],
  [
    "a down that cuts what came after up",
    {
      up: ["alter table users alter column code type varchar(200)"],
      down: ["alter table users alter column code type varchar(10) using left(code, 10)"],
    },
    /^data-lost: users\.code has lost its values in \d+ of \d+ rows after down, once rows have come after up\./,
  ],
  [
    "an up that fails on rows",
    {
      up: ["alter table users add column x int", "alter table users add column age int not null"],
      down: ["alter table users drop column age, drop column x"],
    },
    /^fails-on-rows: up works on empty tables, and fails on tables with rows at statement 2 of 2 \(SQLSTATE 23502\): column "age" of relation "users" contains null values\. The statement: alter table users add column age int not null$/,
  ],
  [
    "an up that fails on letters",
    {
      up: ["alter table users alter column email type int using email::int"],
      down: ["alter table users alter column email type text"],
    },
    /^fails-on-rows: .*SQLSTATE 22P02.*invalid input syntax for type integer/,
  ],
  [
    "an up that always fails",
    { up: ["alter table users add column x nonsense"], down: ["select 1"] },
    /^up-fails: up fails on empty tables too, .*type "nonsense" does not exist/,
  ],
  [
    "a default that is the time when the file is read",
    migrationSource(second, {
      code: "this.addSql(`alter table users add column at bigint not null default ${Date.now()}`);",
      down: ["alter table users drop column at"],
    }),
    /^non-deterministic: Statement 1 of its up differs each time the file is read: .*default \d+", then /,
  ],
  [
    "a default that is chance",
    migrationSource(second, {
      code: "this.addSql(`alter table users add column at float not null default ${Math.random()}`);",
      down: ["alter table users drop column at"],
    }),
    /^non-deterministic: Statement 1 of its up/,
  ],
  [
    "the time when its module was loaded, to the day",
    `const today = new Date().toISOString().slice(0, 10);\n${migrationSource(second, { code: "this.addSql(`alter table users add column at date default '${today}'`);", down: ["alter table users drop column at"] })}`,
    /^non-deterministic: Statement 1 of its up/,
  ],
  [
    "a default that the server computes anew each time",
    {
      up: ["do $$ begin execute format('alter table users add column at text default %L', clock_timestamp()); end $$"],
      down: ["alter table users drop column at"],
    },
    /^non-deterministic: up makes a different schema the second time, from the same state: column users\.at after the second up: default is /,
  ],
  [
    "an up that finds another state the second time",
    {
      up: ["alter table users add column if not exists age int default 1"],
      down: ["alter table users alter column age drop default"],
    },
    /^not-repeatable: up after down makes a different schema than the first up: column users\.age after the second up: default is not set, and should be 1/,
  ],
  [
    "an up that fails the second time",
    { up: ["create table pets (id int)"], down: ["select 1"] },
    /^not-repeatable: up fails after down, although it worked before, at statement 1 of 1 \(SQLSTATE 42P07\): relation "pets" already exists/,
  ],
  [
    "an invalid index",
    {
      up: [
        "create table parts (id int not null) partition by range (id)",
        "create table parts_1 partition of parts for values from (0) to (1000000000)",
        "create index ix_parts_id on only parts (id)",
      ],
      down: ["drop table parts"],
    },
    /^invalid-index: up leaves the index ix_parts_id invalid/,
  ],
  [
    "a down that fails",
    { up: ["create table pets (id int)"], down: ["drop table pet"] },
    /^down-fails: down fails at statement 1 of 1 \(SQLSTATE 42P01\): table "pet" does not exist/,
  ],
  ["no down", { up: ["create table pets (id int)"] }, /^no-down: /],
];

describe("a planted fault is caught and named:", () => {
  it.each(planted)("%s", async (_, change, expected) => {
    const { faults } = await verifyChange(change);
    expect(
      say(faults).filter((line) => expected.test(line)),
      say(faults).join("\n"),
    ).toHaveLength(1);
  });
});

describe("after a fault", () => {
  const after: Steps = { up: ["create index ix_note on users (note)"], down: [] };

  it.each([
    [
      "fails on rows",
      { up: ["alter table users add column age int not null"], down: ["alter table users drop column age"] },
    ],
    ["cannot be reverted", { up: ["create table pets (id int)"], down: ["drop table pet"] }],
    ["cannot be applied again", { up: ["create table pets (id int)"], down: ["select 1"] }],
    [
      "stops half way",
      { transactional: false, up: ["create table pets (id int)"], down: ["drop table pets", "drop table pets"] },
    ],
  ] satisfies [string, Steps][])("of a migration that %s, the next one is verified all the same", async (_, change) => {
    const { migrations, outcome } = await run({ [first]: base, [second]: change, [third]: after });
    expect(outcome).toBe("refused");
    expect(migrations.map(({ name, faults }) => [name, faults.length > 0])).toEqual([
      [first, false],
      [second, true],
      [third, true],
    ]);
    expect(say(migrations[2]?.faults)[0]).toContain("index ix_note should not be there after down");
  });

  it("of a migration that cannot be applied at all, those behind it are not run, and say why", async () => {
    const { migrations } = await run({ [first]: base, [second]: { up: ["nonsense"], down: [] }, [third]: after });
    expect(migrations[2]).toMatchObject({ name: third, up: "notRun", faults: [] });
    expect(say(migrations[2]?.notes)).toEqual([
      expect.stringMatching(
        /^not-run: It was not verified: Migration20240102000000_change, which comes before it, fails at statement 1 of 1 \(SQLSTATE 42601\)/,
      ),
    ]);
  });
});

describe("what is no fault", () => {
  it("is a loss that the migration declares, of a column, with others, or of a whole table", async () => {
    const steps: Steps = {
      up: ["alter table users drop column legacy, drop column note", "drop table orders"],
      down: [
        "alter table users add column legacy text, add column note text",
        "create table orders (id int generated always as identity primary key, user_id int not null references users, total numeric(8,2) not null)",
      ],
    };
    const { faults, notes } = await verifyChange(
      commented("@loses users.legacy, users.note\n * @loses public.orders", steps),
    );
    expect(say(faults).filter((line) => !line.startsWith("not-restored"))).toEqual([]);
    expect(say(notes)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^declared-loss: users\.legacy has lost its values in \d of 8 rows after down/),
        expect.stringMatching(/^declared-loss: users\.note has lost/),
        expect.stringMatching(/^declared-loss: orders has lost 8 of 8 rows after down/),
      ]),
    );
  });

  it("is a migration that says why there is no way back", async () => {
    const source = migrationSource(second, { up: ["drop table orders"] }).replace(
      /}\n$/,
      `  override async down() { throw new Error("orders moved to the archive"); }\n}\n`,
    );
    const verdict = await verifyChange(source);
    expect(verdict).toMatchObject({ up: "ok", down: "notRun", again: "notRun", faults: [] });
    expect(say(verdict.notes)).toEqual([
      "irreversible: It cannot be reverted; its down says: orders moved to the archive",
    ]);
  });

  it.each(["random()", "gen_random_uuid()", "clock_timestamp()", "now()"])(
    "is the default %s, which is named with the rows that differ",
    async (expression) => {
      const { faults, notes } = await verifyChange({
        up: [`alter table users add column x text not null default ${expression}::text`],
        down: ["alter table users drop column x"],
      });
      expect(faults).toEqual([]);
      expect(say(notes)).toEqual([
        expect.stringContaining(
          "values-differ: users.x: the same rows get other values each time up runs, 8 of 8 rows (default (",
        ),
      ]);
      expect(say(notes)[0]).toContain(expression);
    },
  );

  it("are values that differ in rows that up inserts, and rows that down leaves", async () => {
    const { faults, notes } = await verifyChange({
      up: ["insert into users (email, note) values ('root@example.org', random()::text)"],
      down: [],
    });
    expect(faults).toEqual([]);
    expect(say(notes)).toContain("rows-left: down leaves 1 row in users that up put there.");
  });

  it("is a down that works until rows come that it cannot take", async () => {
    const { faults, notes, down, again } = await verifyChange({
      up: ["alter table users alter column email drop not null"],
      down: ["alter table users alter column email set not null"],
    });
    expect([faults, down, again]).toEqual([[], "ok", "ok"]);
    expect(say(notes)).toEqual([
      expect.stringMatching(
        /^down-refuses: down works, but not once rows have come after up: it fails at statement 1 of 1 \(SQLSTATE 23502\)/,
      ),
    ]);
  });

  it("is a table that no row can be made for, which is named", async () => {
    const { migrations } = await run({
      [first]: {
        up: ["create table never (a int not null, constraint ck_never check (a < a))"],
        down: ["drop table never"],
      },
    });
    expect(say(migrations[0]?.notes)).toEqual([
      "empty-table: No rows could be made for never: constraint ck_never refused them.",
    ]);
  });
});

describe("choosing", () => {
  const files = {
    [first]: base,
    [second]: { up: ["alter table users add column a int not null"], down: [] },
    [third]: { up: ["create table z (id int)"], down: ["drop table z"] },
  };

  it("verifies one migration alone, or all from one on", async () => {
    const names = ({ migrations }: Verification) => migrations.map(({ name }) => name);
    const one = await run(files, { only: "after" });
    expect([names(one), one.outcome, one.migrations[0]?.rows]).toEqual([[third], "ok", 24]);
    expect(names(await run(files, { from: "20240102000000" }))).toEqual([second, third]);
    await expect(run(files, { only: "nothing like it" })).rejects.toMatchObject({ code: "unknown-migration" });
  });

  it("takes other rows, and another number of them", async () => {
    const given = { users: [{ email: "7" }, { email: "8" }] };
    const change: Steps = {
      up: ["alter table users alter column email type int using email::int"],
      down: ["alter table users alter column email type text"],
    };
    expect((await verifyChange(change, { given })).faults).toEqual([]);
    expect((await verifyChange(change)).faults).toMatchObject([{ code: "fails-on-rows" }]);
    expect((await run({ [first]: base }, { rows: 3 })).migrations[0]?.rows).toBe(6);
  });

  it("touches no database but its own, which is gone afterwards, also when it is interrupted", async () => {
    const { sql } = await emptyDatabase();
    const shadows = async () =>
      (
        await sql<{ name: string }>("select datname as name from pg_database where datname like 'migrator_shadow_%'")
      ).map(({ name }) => name);
    const controller = new AbortController();
    const folder = await folderOf({ [first]: base, [second]: { up: ["select pg_sleep(30)"], down: [] } });
    const context = contextOf("", folder, { signal: controller.signal });
    let during: Promise<string[]> | undefined;
    const onProgress = ({ type }: VerifyProgress) => {
      if (type !== "verified") return;
      during = shadows();
      setTimeout(() => controller.abort(), 300);
    };
    const shadow = { servers: [inject("postgresDsn")] };
    await expect(verify(context, { shadow, onProgress })).rejects.toMatchObject({ code: "interrupted" });
    const there = (await during) ?? [];
    expect(there.length).toBeGreaterThan(0);
    // Those of other tests end with them.
    await expect
      .poll(async () => (await shadows()).filter((name) => there.includes(name)), { timeout: 60_000 })
      .toEqual([]);
  });
});
