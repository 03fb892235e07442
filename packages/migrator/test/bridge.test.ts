import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { baseline } from "../src/commands/baseline.ts";
import { diff } from "../src/commands/diff.ts";
import { readStatus } from "../src/commands/status.ts";
import { contextOf, emptyDatabase, folderOf, type Steps, temporaryFolder } from "./support.ts";

/** What the history makes. */
const history: Readonly<Record<string, Steps>> = {
  M1000_users: {
    up: [
      "create table users (id int primary key, email varchar(320) not null, name text)",
      "create unique index uq_users_email on users (email)",
    ],
    down: ["drop table users"],
  },
  M2000_posts: {
    up: [
      `create table posts (id int primary key, user_id int not null constraint fk_posts_user references users (id) on delete cascade,
        state text not null default 'draft' constraint ck_posts_state check (state in ('draft', 'live')))`,
    ],
    down: ["drop table posts"],
  },
};

/** The same as somebody else's tool made it: other names, types, defaults; one table more; rows. */
const live = [
  "create table users (id int, email varchar(200) not null, name varchar(100), constraint pk_users primary key (id))",
  "create unique index ix_users_email on users (email)",
  "create table posts (id int, author int not null, state varchar(10) not null default 'live', constraint pk_posts primary key (id), constraint posts_author_fkey foreign key (author) references users (id))",
  "create table scratch (id int)",
  "create table alembic_version (version_num varchar(32) primary key)",
  "insert into users values (1, 'ada@example.com', 'Ada'), (2, 'bob@example.com', null)",
  "insert into posts values (7, 1, 'live'), (8, 2, 'draft')",
];

async function start(schema: readonly string[] = live) {
  const { dsn, sql } = await emptyDatabase();
  for (const statement of schema) await sql(statement);
  const folder = await temporaryFolder();
  const context = contextOf(dsn, await folderOf(history));
  const file = path.join(folder, "bridge.sql");
  const options = { at: "M2000_posts", bridge: file, renames: ["posts.author=user_id"], shadow: { servers: [dsn] } };
  return { sql, context, file, options };
}

describe("baseline with a bridge", () => {
  it("writes the way there once it has led a copy there, and does nothing else", async () => {
    const { sql, context, file, options } = await start();
    const report = await baseline(context, options);
    expect(report).toMatchObject({ outcome: "bridged", steps: [{ result: "notRun" }, { result: "notRun" }] });
    expect(report.bridge?.losses).toEqual([expect.stringContaining("scratch")]);
    const text = await readFile(file, "utf8");
    // What was only renamed is, and keeps its rows.
    expect(text).toContain("rename column author to user_id");
    expect(text).toMatch(/This loses its data.*\ndrop table public\.scratch;/);
    expect(text).not.toContain("alembic_version");
    expect(await sql("select to_regclass('scratch')::text as there")).toEqual([{ there: "scratch" }]);
    expect((await readStatus(context)).state).toBe("empty");
  });

  it("runs it the second time, keeps every row, and records the baseline", async () => {
    const { sql, context, options } = await start();
    await baseline(context, options);
    expect(await baseline(context, options)).toMatchObject({ outcome: "baselined" });
    expect(await readStatus(context)).toMatchObject({ state: "current", problems: [] });
    expect((await diff(context, options.shadow)).live?.differences).toEqual([]);
    expect(await sql("select email, name from users order by id")).toEqual([
      { email: "ada@example.com", name: "Ada" },
      { email: "bob@example.com", name: null },
    ]);
    expect(await sql("select user_id, state from posts order by id")).toEqual([
      { user_id: 1, state: "live" },
      { user_id: 2, state: "draft" },
    ]);
  });

  it.each([
    [
      "leads elsewhere",
      (text: string) => text.replace("drop table public.scratch;", ""),
      "The bridge leads to a different",
    ],
    ["fails", (text: string) => `${text}\nselect 1/0;`, 'The bridge fails at "select 1/0"'],
    ["ends the transaction", (text: string) => `${text}\ncommit;`, 'sends "commit"'],
  ])("that %s changes nothing", async (_, edit, says) => {
    const { sql, context, file, options } = await start();
    await baseline(context, options);
    await writeFile(file, edit(await readFile(file, "utf8")));
    await expect(baseline(context, options)).rejects.toThrow(says);
    expect((await readStatus(context)).applied).toEqual([]);
    expect(await sql("select author from posts where id = 7")).toEqual([{ author: 1 }]);
  });

  it("is not written where it does not lead a copy there, and every difference that is left is named", async () => {
    const posts = `${history["M2000_posts"]?.up?.[0]} partition by range (id)`;
    const { context, file, options } = await start([...(history["M1000_users"]?.up ?? []), posts]);
    const run = baseline(context, { ...options, renames: [] });
    await expect(run).rejects.toThrow(/The bridge leads to a different schema[\s\S]*table posts/);
    await expect(readFile(file)).rejects.toThrow("ENOENT");
  });

  it("refuses a rename that fits nothing, and writes nothing", async () => {
    const { context, file, options } = await start();
    const run = baseline(context, { ...options, renames: ["posts.writer=user_id"] });
    await expect(run).rejects.toThrow("--rename posts.writer=user_id names no pair");
    await expect(readFile(file)).rejects.toThrow("ENOENT");
  });

  it("takes a rename that was written by hand", async () => {
    const { sql, context, file, options } = await start([
      ...live.slice(0, 2),
      "alter table users drop name",
      "alter table users add column called varchar(100) not null default 'x', add column nick text",
      ...live.slice(2, 5),
      "insert into users (id, email, called) values (1, 'ada@example.com', 'Ada')",
    ]);
    await baseline(context, options);
    const text = await readFile(file, "utf8");
    const edited = text
      .replaceAll(/^alter table public\.users (drop|add|rename) column [^;]*;$/gm, "")
      .concat(
        "alter table users rename called to name; alter table users alter name drop not null, alter name drop default;",
      )
      .concat("alter table users alter name type text; alter table users drop nick;");
    await writeFile(file, edited);
    expect(await baseline(context, options)).toMatchObject({ outcome: "baselined" });
    expect(await sql("select name from users")).toEqual([{ name: "Ada" }]);
  });

  it("leaves alone what drizzle keeps also where --at says where the database is", async () => {
    const drizzle = ["create schema drizzle", "create table drizzle.__drizzle_migrations (id serial primary key)"];
    const { context, file, options } = await start([...live.slice(0, 3), ...drizzle]);
    await baseline(context, options);
    expect(await readFile(file, "utf8")).not.toContain("drizzle");
  });

  it.each([
    [
      "drizzle",
      "drizzle.__drizzle_migrations",
      [
        "create schema drizzle",
        "create table drizzle.__drizzle_migrations (id serial primary key, hash text, created_at bigint)",
        "insert into drizzle.__drizzle_migrations (created_at) values (1)",
      ],
    ],
    [
      "typeorm",
      "public.migrations",
      [
        `create table migrations (id serial primary key, "timestamp" bigint not null, name varchar not null)`,
        "insert into migrations (timestamp, name) values (1, '1')",
      ],
    ],
  ] as const)("leaves alone what %s keeps", async (from, table, schema) => {
    const { sql, context, file, options } = await start([...live.slice(0, 3), ...schema]);
    const { at: _, ...others } = options;
    const own = { ...others, from, revisions: { "1": "M2000_posts" } };
    await baseline(context, own);
    expect(await readFile(file, "utf8")).not.toContain(table);
    expect(await baseline(context, own)).toMatchObject({ outcome: "baselined" });
    expect(await sql(`select count(*)::int as rows from ${table}`)).toEqual([{ rows: 1 }]);
  });
});
