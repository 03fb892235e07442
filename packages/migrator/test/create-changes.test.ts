import type { OrmOptions } from "../src/execute/orm-options.ts";
import { readFile } from "node:fs/promises";
import { describe, expect, inject, it } from "vitest";
import { type Catalog, findDrift, fingerprint, readCatalog } from "@thedata/catalog";
import { lintProject } from "../src/commands/lint.ts";
import { checkProject } from "../src/commands/check.ts";
import { compareModels } from "../src/models/compare-models.ts";
import { openModels } from "../src/models/open-models.ts";
import { connect } from "../src/postgres/connection.ts";
import { create, rewriteManifest } from "../src/commands/create.ts";
import { down, up } from "../src/commands/up-and-down.ts";
import { changes, join, oneWay, together } from "./create-changes.ts";
import { contextOf, emptyDatabase, folderOf } from "./support.ts";
import { scopeOf } from "../src/ledger/catalog-scope.ts";
import { defaultLedger } from "../src/ledger/tables.ts";

const first = "Migration20240101000000_before";
const shadow = () => ({ servers: [inject("postgresDsn")] });

/** A folder with the migration that makes the models' schema. */
const folderFor = async (models: OrmOptions) => {
  const opened = await openModels(models, inject("postgresDsn"), defaultLedger);
  const statements = await opened.creation();
  await opened.close();
  const folder = await folderOf({ [first]: { up: statements, down: ["select 1"] } });
  await rewriteManifest(folder);
  return folder;
};

const catalogOf = async (dsn: string): Promise<Catalog> => {
  const connection = await connect(dsn, "test");
  const catalog = await readCatalog(connection.query, scopeOf(defaultLedger));
  await connection.close();
  return catalog;
};

const messages = (expected: Catalog, found: Catalog) => findDrift(expected, found).map(({ message }) => message);

const containing = (parts: readonly string[]) => parts.map((part): unknown => expect.stringContaining(part));

type Changes = ReturnType<typeof together>;

/** A database with the models from before and the rows; the migration that `create` writes for it; up and down. */
const goThere = async (changes: Changes, direct = true) => {
  const folder = await folderFor(join(changes.map(({ before }) => before())));
  const after = join(changes.map((change) => change.after()));
  const database = await emptyDatabase();
  const runner = contextOf(database.dsn, folder);
  expect((await up(runner)).error).toBeNull();
  for (const sql of changes.flatMap(({ rows = [] }) => rows)) await database.sql(sql);
  const before = await catalogOf(database.dsn);

  const project = contextOf("", folder, { ormOptions: after });
  const renames = changes.flatMap((change) => change.renames ?? []);
  const created = await create(project, {
    name: "change",
    direct,
    shadow: shadow(),
    renames,
    decide: async () => null,
  });
  expect(await readFile(created.file ?? "", "utf8")).toBe(created.code);
  expect(await up(runner)).toMatchObject({ outcome: "applied", error: null });
  expect(await compareModels(after, database.dsn, defaultLedger)).toMatchObject({ up: [], down: [] });
  expect(await checkProject(project, shadow())).toMatchObject({ outcome: "ok", problems: [], differences: [] });
  return { ...database, runner, before, created, code: created.code ?? "" };
};

/** The same, what each change keeps, and the schema after down. */
const goThereAndBack = async (changes: Changes) => {
  const there = await goThere(changes);
  const kept = new Map<string, unknown>();
  for (const { suffix, keeps } of changes) if (keeps) kept.set(suffix, await there.sql(keeps.sql));
  expect(await down(there.runner)).toMatchObject({ outcome: "reverted", error: null });
  return { ...there, kept, back: await catalogOf(there.dsn) };
};

/** `create` once for all of a kind, as for a branch that changes many things at once, and each of them looked at alone. */
describe.each(Object.entries(changes))("create, for %s", (_, rows) => {
  const all = together(rows);
  let trip: ReturnType<typeof goThereAndBack> | undefined;
  // In the first of the tests, whichever that is: the database goes with it, and what was seen stays.
  const look = async () => await (trip ??= goThereAndBack(all));

  it.each(all)("$change", async ({ suffix, says = [], never = [], warns, keeps }) => {
    const { created, code, kept, before, back } = await look();
    const own = created.statements.filter((sql) => sql.includes(suffix));
    expect(own).not.toEqual([]);
    for (const text of says) expect(code).toContain(text);
    for (const text of never) expect(own.join("\n")).not.toContain(text);
    const said = created.warnings.filter(({ statement }) => statement.includes(suffix)).map(({ message }) => message);
    expect(said).toEqual(warns ? containing(warns) : said);
    expect(kept.get(suffix)).toEqual(keeps?.rows);
    expect(messages(before, back).filter((message) => message.includes(suffix))).toEqual([]);
  });

  it("and its down restores the fingerprint", async () => {
    const { created, before, back } = await look();
    expect(created.irreversible).toBeNull();
    expect(fingerprint(back)).toBe(fingerprint(before));
  });
});

// What a live table pays for, and what the safe form is for.
const blocking = new Set([
  "create-index-blocking",
  "drop-index-blocking",
  "add-unique-blocking",
  "add-check-validated",
  "add-foreign-key-validated",
  "set-not-null-scan",
  "validate-in-same-transaction",
  "concurrently-in-transaction",
]);

describe.each(Object.entries(changes))("create in its safe form, for %s", (_, rows) => {
  it("ends where the models are, step by step, and comes back step by step", async () => {
    const { created, runner, dsn, before } = await goThere(together(rows), false);
    const names = created.parts.map(({ name }) => name);
    const { findings } = await lintProject(runner, { names, shadow: shadow() });
    // Nobody waits for a table that the change itself makes.
    const live = new Set(before.flatMap(({ kind, name }) => (kind === "table" ? [name] : [])));
    const found = findings.filter(({ rule, table }) => blocking.has(rule) && live.has(table ?? ""));
    expect(
      created.irreversible !== null || created.parts.length === 1
        ? []
        : found.map(({ rule, statement }) => `${rule}: ${statement}`),
    ).toEqual([]);
    for (const name of names.toReversed())
      expect(await down(runner)).toMatchObject({ outcome: "reverted", steps: [{ name }] });
    expect(fingerprint(await catalogOf(dsn))).toBe(fingerprint(before));
  });
});

describe("create, where PostgreSQL knows no way back", () => {
  it("writes a down that says why, and its check passes", async () => {
    const { created, code, runner } = await goThere(together([oneWay]));
    const why = "enum thing_stateq00: values is (on, off, broken), and should be (on, off)";
    expect(created.irreversible).toBe(why);
    expect(code).toContain(`throw new Error("${why}");`);
    expect(await down(runner)).toMatchObject({ outcome: "refused", problems: [{ code: "irreversible" }] });
  });
});

describe("the table of changes", () => {
  it("holds at least 40", () => {
    expect(Object.values(changes).flat().length).toBeGreaterThanOrEqual(40);
  });
});
