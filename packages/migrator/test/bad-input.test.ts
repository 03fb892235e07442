import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { fingerprint, readCatalog } from "@thedata/catalog";
import { connect } from "../src/postgres/connection.ts";
import { rewriteManifest } from "../src/commands/create.ts";
import type { MigratorError } from "../src/errors.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import type { MigrateOptions } from "../src/execute/prepared.ts";
import { contextOf, emptyDatabase, folderOf, migrationSource, type Sql, type Steps } from "./support.ts";
import { scopeOf } from "../src/ledger/catalog-scope.ts";
import { defaultLedger } from "../src/ledger/tables.ts";

interface Case {
  readonly what: string;
  readonly files?: Readonly<Record<string, Steps | string>>;
  /** Done to the database before. */
  readonly before?: readonly string[];
  /** How the manifest is spoilt after it was written; without it the folder has none. */
  readonly spoil?: (manifest: string) => string;
  readonly options?: MigrateOptions;
  readonly direction?: "up" | "down";
  readonly ledger?: string;
  /** The error's or the first problem's code. */
  readonly code: string;
  readonly message: RegExp;
}

const table = (name: string): Steps => ({ up: [`create table ${name} ()`], down: [`drop table ${name}`] });
const sound = { M1000_a: table("a"), M2000_b: table("b") };
const ledgerOf = (...names: string[]) => [
  "create table mikro_orm_migrations (id serial primary key, name varchar(255) not null, executed_at timestamptz not null default now())",
  ...names.map((name) => `insert into mikro_orm_migrations (name) values ('${name}')`),
];
const entries = (edit: (list: Record<string, unknown>[]) => unknown) => (manifest: string) => {
  const parsed = JSON.parse(manifest) as { migrations: Record<string, unknown>[] };
  return JSON.stringify({ ...parsed, migrations: edit(parsed.migrations) });
};

const files: Case[] = [
  {
    what: "a syntax error",
    files: { "M3.ts": "export class M3 extends {" },
    code: "broken-migration",
    message: /M3\.ts cannot be loaded: SyntaxError/,
  },
  {
    what: "an empty file",
    files: { "M3.ts": "" },
    code: "broken-migration",
    message: /exports no class that extends Migration/,
  },
  {
    what: "a class that is not exported",
    files: { "M3.ts": migrationSource("M3", {}).replace("export ", "") },
    code: "broken-migration",
    message: /exports no class/,
  },
  {
    what: "a class that is no migration",
    files: { "M3.ts": "export class M3 { up() {} }" },
    code: "broken-migration",
    message: /exports no class/,
  },
  {
    what: "two classes",
    files: { "M3.ts": `${migrationSource("A", {})}${migrationSource("B", {}).replace(/import.*\n/, "")}` },
    code: "broken-migration",
    message: /exports 2 migrations \(A, B\)/,
  },
  {
    what: "an import of nothing",
    files: { "M3.ts": `import "./nowhere.ts";${migrationSource("M3", {})}` },
    code: "broken-migration",
    message: /cannot be loaded/,
  },
  {
    what: "a file that throws",
    files: { "M3.ts": `throw new Error("not today");` },
    code: "broken-migration",
    message: /not today/,
  },
  {
    what: "an up that throws",
    files: { M3: { code: `throw new Error("no luck");` } },
    code: "broken-migration",
    message: /up\(\) of .*M3\.ts fails before it reaches the database: Error: no luck/,
  },
  {
    what: "an enum, which type stripping cannot run",
    files: { "M3.ts": `enum E { A }\n${migrationSource("M3", {})}` },
    code: "broken-migration",
    message: /cannot be loaded/,
  },
  {
    what: "one name twice, as .ts and .js",
    files: { M3: table("c"), "M3.js": migrationSource("M3", {}).replaceAll("override ", "") },
    code: "duplicate",
    message: /M3: The folder holds more than one file/,
  },
];

const manifests: Case[] = [
  { what: "no JSON", spoil: () => "{", code: "configuration", message: /not valid JSON/ },
  {
    what: "a merge conflict",
    spoil: (text) => `<<<<<<< ours\n${text}=======\n${text}>>>>>>> theirs\n`,
    code: "configuration",
    message: /merge conflict: keep both/,
  },
  {
    what: "a version of the future",
    spoil: (text) => text.replace('"version": 1', '"version": 2'),
    code: "configuration",
    message: /not a manifest of version 1/,
  },
  { what: "a list where an object belongs", spoil: () => "[]", code: "configuration", message: /not a manifest/ },
  { what: "nothing in it", spoil: () => "", code: "configuration", message: /not valid JSON/ },
  {
    what: "an entry without a checksum",
    spoil: entries((list) => list.map(({ name, link }) => ({ name, link }))),
    code: "configuration",
    message: /not a manifest/,
  },
  {
    what: "a checksum that was edited",
    spoil: entries(([first, ...rest]) => [{ ...first, checksum: "0" }, ...rest]),
    code: "changed",
    message: /M1000_a does not have the SQL that manifest\.json records/,
  },
  {
    what: "two entries that were swapped",
    spoil: entries((list) => list.toReversed()),
    code: "changed",
    message: /edited by hand or merged/,
  },
  {
    what: "an entry that was taken out",
    spoil: entries(([, second]) => [second]),
    code: "changed",
    message: /M1000_a is not listed/,
  },
  {
    what: "an entry too many",
    spoil: entries((list) => [...list, { name: "M9", checksum: "0", link: "0" }]),
    code: "changed",
    message: /edited by hand or merged at M9/,
  },
];

const ledgers: Case[] = [
  {
    what: "an unknown row before the end",
    before: ledgerOf("M0500_old"),
    code: "missing",
    message: /M0500_old is applied, but its file is not in the folder/,
  },
  {
    what: "a row twice",
    before: ledgerOf("M1000_a", "M1000_a"),
    code: "duplicate",
    message: /records it more than once/,
  },
  {
    what: "a later migration applied before an earlier one",
    before: ledgerOf("M2000_b"),
    code: "out-of-order",
    message: /M1000_a comes before M2000_b/,
  },
  {
    what: "rows of a newer build",
    before: ledgerOf("M1000_a", "M2000_b", "M9000_z"),
    code: "ahead",
    message: /M9000_z, which this build does not know/,
  },
  {
    what: "another SQL than the file's",
    before: [
      ...ledgerOf("M1000_a"),
      "alter table mikro_orm_migrations add checksum text",
      "update mikro_orm_migrations set checksum = 'x'",
    ],
    code: "changed",
    message: /M1000_a was edited after it was applied/,
  },
  { what: "a schema that does not exist", ledger: "nowhere.ledger", code: "configuration", message: /nowhere/ },
  { what: "a name that is none", ledger: "a.b.c", code: "configuration", message: /not a valid ledger name/ },
];

const targets: Case[] = [
  {
    what: "an unknown one",
    options: { to: "M7" },
    code: "unknown-migration",
    message: /no migration "M7"\. Did you mean/,
  },
  {
    what: "an ambiguous one",
    options: { to: "000_" },
    code: "unknown-migration",
    message: /fits 2 migrations: M1000_a, M2000_b/,
  },
  { what: "an empty one", options: { to: "" }, code: "unknown-migration", message: /no migration ""/ },
  { what: "no steps", options: { steps: 0 }, code: "configuration", message: /whole number from 1, not 0/ },
  { what: "steps backwards", options: { steps: -1 }, code: "configuration", message: /not -1/ },
  { what: "half a step", options: { steps: 0.5 }, code: "configuration", message: /not 0\.5/ },
  {
    what: "down to one that is not applied",
    direction: "down",
    before: ledgerOf("M1000_a"),
    options: { to: "M2000_b" },
    code: "unknown-migration",
    message: /M2000_b is not applied/,
  },
  {
    what: "down past a file that is gone",
    direction: "down",
    before: ledgerOf("M0500_old", "M1000_a"),
    options: { all: true },
    code: "missing",
    message: /M0500_old/,
  },
  {
    what: "down without a down",
    direction: "down",
    files: { M3: { up: ["select 1"] } },
    before: ledgerOf("M1000_a", "M2000_b", "M3"),
    code: "irreversible",
    message: /M3 has no down/,
  },
];

const picture = async (dsn: string, sql: Sql) => {
  const { query, close } = await connect(dsn, "test");
  const schema = fingerprint(await readCatalog(query, scopeOf(defaultLedger)));
  await close();
  const ledger = await sql("select to_regclass('mikro_orm_migrations')::text as ledger");
  const rows = ledger[0]?.["ledger"] ? await sql("select name from mikro_orm_migrations order by id") : null;
  return { schema, ledger, rows };
};

const prepareFolder = async ({ files: more = {}, spoil }: Case) => {
  const directory = await folderOf({ ...sound, ...more });
  if (!spoil) return directory;
  await rewriteManifest(directory);
  const manifest = path.join(directory, "manifest.json");
  const { readFile } = await import("node:fs/promises");
  await writeFile(manifest, spoil(await readFile(manifest, "utf8")));
  return directory;
};

const attempt = async (one: Case, dsn: string, directory: string) => {
  try {
    const report = await (one.direction === "down" ? down : up)(
      contextOf(dsn, directory, { ledger: one.ledger }),
      one.options,
    );
    return {
      code: report.error?.code ?? report.problems[0]?.code,
      message: report.error?.message ?? report.problems[0]?.message,
    };
  } catch (error) {
    return { code: (error as MigratorError).code, message: (error as Error).message };
  }
};

describe.each([
  ["a migration file with", files],
  ["a manifest with", manifests],
  ["a ledger with", ledgers],
  ["a target:", targets],
] as const)("%s", (_, cases) => {
  it.each(cases)("$what is named, and nothing is changed", async (one) => {
    const { dsn, sql } = await emptyDatabase();
    for (const statement of one.before ?? []) await sql(statement);
    const directory = await prepareFolder(one);
    const before = await picture(dsn, sql);
    const { code, message } = await attempt(one, dsn, directory);
    expect(message).toMatch(one.message);
    expect(code).toBe(one.code);
    expect(await picture(dsn, sql)).toEqual(before);
  });
});

describe("what is unusual but no mistake", () => {
  const big = `-- ${"x".repeat(10 * 1024 * 1024)}\ncreate table big ()`;
  it.each([
    ["CRLF line ends", { "M3.ts": migrationSource("M3", table("c")).replaceAll("\n", "\r\n") }],
    ["a byte order mark", { "M3.ts": `\u{feff}${migrationSource("M3", table("c"))}` }],
    ["a statement of 10 MB", { M3: { up: [big] } }],
    ["quotes in its name", { [`M3 it's "so"`]: table("c") }],
    ["a stamp that another one has too", { M2000_c: table("c") }],
    ["no statement, and says so", { "M3.ts": migrationSource("M3", {}).replace("export", "/** @noop up */\nexport") }],
    ["several statements in one string", { M3: { up: ["create table c (); create table d ();"] } }],
    ["a statement with a semicolon and a comment at its end", { M3: { up: ["create table c (); -- done"] } }],
  ])("a migration with %s is applied", async (_, more) => {
    const { dsn } = await emptyDatabase();
    const report = await up(contextOf(dsn, await folderOf({ ...sound, ...(more as Record<string, Steps | string>) })));
    expect(report).toMatchObject({ outcome: "applied", error: null });
  });

  it.each([
    ["up", {}],
    ["up", { up: ["-- to be written"] }],
    ["down", { up: ["create table c ()"], down: [] }],
  ] as const)("but an %s without a statement is refused: %j", async (direction, steps) => {
    const { dsn } = await emptyDatabase();
    const context = contextOf(dsn, await folderOf({ M3: steps }));
    const report = direction === "up" ? await up(context) : (await up(context), await down(context));
    expect(report).toMatchObject({ outcome: "refused", problems: [{ code: "empty", migration: "M3" }] });
  });
});
