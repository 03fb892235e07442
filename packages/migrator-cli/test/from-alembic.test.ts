import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { expect, it } from "vitest";
import { emptyDatabase, folderOf, migration, run } from "./support.ts";

const isThere = spawnSync("alembic", ["--version"]).status === 0;

it("finds Alembic where one is required", () => {
  expect(isThere || process.env["REQUIRE_ALEMBIC"] !== "1").toBe(true);
});

const environment = `import os
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(os.environ["ALEMBIC_DSN"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
`;

const revision = (id: string, before: string | null, upgrade: string) => `from alembic import op
import sqlalchemy as sa
revision = "${id}"
down_revision = ${before === null ? "None" : `"${before}"`}
def upgrade():
${upgrade}
`;

/**
 * As Alembic's autogenerate writes it: keys and constraints have PostgreSQL's names, columns have SQLAlchemy's types.
 */
const versions = {
  "alembic/versions/a.py": revision(
    "1975ea83b712",
    null,
    `    op.create_table("users",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(255), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), server_default=sa.text("now()")),
        sa.PrimaryKeyConstraint("user_id"), sa.UniqueConstraint("email"))`,
  ),
  "alembic/versions/b.py": revision(
    "2086fb94c823",
    "1975ea83b712",
    `    op.create_table("posts",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), sa.ForeignKey("users.user_id"), nullable=False),
        sa.Column("title", sa.String(80)),
        sa.PrimaryKeyConstraint("post_id"))
    op.create_index("ix_posts_author_id", "posts", ["author_id"])`,
  ),
};

/** What MikroORM generates from the same models. */
const name = "Migration20240101000000_initial_schema";
const initial = migration(
  name,
  `create table "users" ("id" serial primary key, "email" varchar(320) not null, "created_at" timestamptz not null default now());
   alter table "users" add constraint "users_email_unique" unique ("email");
   create table "posts" ("id" serial primary key, "author_id" int not null, "title" text null);
   alter table "posts" add constraint "posts_author_id_foreign" foreign key ("author_id") references "users" ("id") on update cascade;
   create index "posts_author_id_index" on "posts" ("author_id")`,
  `drop table "posts"; drop table "users"`,
);

async function alembic(cwd: string, dsn: string, ...args: string[]): Promise<void> {
  const child = spawn("alembic", args, {
    cwd,
    env: { ...process.env, ALEMBIC_DSN: dsn.replace(/^postgres:/, "postgresql:") },
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`alembic ${args.join(" ")} ended with ${String(code)}: ${said}`);
}

it.skipIf(!isThere)("a database that Alembic made comes over by a bridge, with every row", async () => {
  const { dsn, sql } = await emptyDatabase();
  const folder = await folderOf({
    "alembic.ini": "[alembic]\nscript_location = alembic\n",
    "alembic/env.py": environment,
    ...versions,
    [`migrations/${name}.ts`]: initial,
    "migrator.config.mjs": `export default { migrations: "migrations", alembic: { "2086fb94c823": "initial_schema" } };\n`,
  });
  await alembic(folder, dsn, "upgrade", "head");
  await sql("insert into users (email) values ('ada@example.com'), ('bob@example.com')");
  await sql("insert into posts (author_id, title) values (1, 'first'), (2, null)");
  const migrator = async (...args: string[]) => await run([...args, "--dsn", dsn], { cwd: folder });

  const refused = await migrator("baseline", "--from", "alembic");
  expect([refused.code, refused.stderr]).toEqual([
    3,
    expect.stringContaining("write the changes to get there with --bridge FILE"),
  ]);
  const file = path.join(folder, "bridge.sql");
  const bridge = ["baseline", "--from", "alembic", "--bridge", file].concat(
    ["users.user_id=id", "users.created=created_at", "posts.post_id=id"].flatMap((rename) => ["--rename", rename]),
  );
  const written = await migrator(...bridge);
  expect([written.code, written.stderr, written.stdout]).toEqual([
    0,
    "",
    expect.stringContaining("Nothing else was done"),
  ]);
  expect(written.stdout).not.toContain("loses data");
  expect((await migrator("status", "--exit-code")).code).toBe(6);
  expect(await migrator(...bridge)).toMatchObject({ code: 0, stdout: expect.stringContaining("as applied") });

  expect((await migrator("status", "--exit-code")).code).toBe(0);
  expect(await migrator("up")).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing to do") });
  expect((await migrator("diff")).code).toBe(0);
  expect(await sql("select u.id, email, title from users u join posts p on p.author_id = u.id order by 1")).toEqual([
    { id: 1, email: "ada@example.com", title: "first" },
    { id: 2, email: "bob@example.com", title: null },
  ]);
  // Ids continue: the bridge keeps Alembic's sequences and their values.
  expect(await sql("insert into users (email) values ('eve@example.com') returning id")).toEqual([{ id: 3 }]);
});
