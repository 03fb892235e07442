import { readFile } from "node:fs/promises";
import { describe, expect, inject, it } from "vitest";
import { type Catalog, readCatalog } from "../src/catalog/catalog.ts";
import { fingerprint } from "../src/catalog/compare.ts";
import { findDrift } from "../src/catalog/mend.ts";
import { checkProject } from "../src/check-project.ts";
import { compareModels } from "../src/compare-models.ts";
import { openModels } from "../src/open-models.ts";
import { connect } from "../src/connect.ts";
import { create, rewriteManifest } from "../src/create.ts";
import type { OrmOptions } from "../src/driver.ts";
import { defaultLedger } from "../src/ledger.ts";
import { down, up } from "../src/migrate.ts";
import { changes, type ModelChange, oneWay } from "./create-changes.ts";
import { contextOf, emptyDatabase, folderOf } from "./support.ts";

const first = "Migration20240101000000_before";
const shadow = () => ({ servers: [inject("postgresDsn")] });

/** A folder with the migration that makes the models' schema. */
const folderFor = async (models: OrmOptions) => {
  const opened = await openModels(models, inject("postgresDsn"), defaultLedger);
  const statements = await opened.creation();
  await opened.close();
  const folder = await folderOf({ [first]: { up: statements, down: [] } });
  await rewriteManifest(folder);
  return folder;
};

const catalogOf = async (dsn: string): Promise<Catalog> => {
  const connection = await connect(dsn, "test");
  const catalog = await readCatalog(connection.query, defaultLedger);
  await connection.close();
  return catalog;
};

const messages = (expected: Catalog, found: Catalog) => findDrift(expected, found).map(({ message }) => message);

const containing = (parts: readonly string[]) => parts.map((part): unknown => expect.stringContaining(part));

/** A database with the models from before and the rows, and the migration that `create` writes for it. */
const createFor = async (row: ModelChange) => {
  const folder = await folderFor(row.before);
  const database = await emptyDatabase();
  const runner = contextOf(database.dsn, folder);
  expect((await up(runner)).error).toBeNull();
  for (const sql of row.rows ?? []) await database.sql(sql);
  const before = await catalogOf(database.dsn);
  const project = contextOf("", folder, { ormOptions: row.after });
  const decide = row.noRenames ? async () => null : undefined;
  const created = await create(project, { name: "change", shadow: shadow(), renames: row.renames, decide });
  expect(await readFile(created.file ?? "", "utf8")).toBe(created.code);
  return { database, runner, project, before, created, code: created.code ?? "" };
};

describe.each(Object.entries(changes))("create, for %s", (_, rows) => {
  it.each(rows)("$change", async (row: ModelChange) => {
    const { database, runner, before, created, code } = await createFor(row);
    for (const text of row.says ?? []) expect(code).toContain(text);
    for (const text of row.never ?? []) expect(created.statements.join("\n")).not.toContain(text);
    const warnings = created.warnings.map(({ message }) => message);
    expect(warnings).toEqual(row.warns ? containing(row.warns) : warnings);

    expect(await up(runner)).toMatchObject({ outcome: "applied", error: null });
    expect(await compareModels(row.after, database.dsn, defaultLedger)).toEqual({ up: [], down: [] });
    expect(row.keeps && (await database.sql(row.keeps.sql))).toEqual(row.keeps?.rows);

    expect(created.irreversible).toBeNull();
    expect(await down(runner)).toMatchObject({ outcome: "reverted", error: null });
    const back = await catalogOf(database.dsn);
    expect(messages(before, back)).toEqual([]);
    expect(fingerprint(back)).toBe(fingerprint(before));
  });

  it("makes a project that passes its check", async () => {
    const { project } = await createFor(rows[0] as ModelChange);
    expect(await checkProject(project, shadow())).toMatchObject({ outcome: "ok", problems: [], differences: [] });
  });
});

describe("create, where PostgreSQL knows no way back", () => {
  it("writes a down that says why, and its check passes", async () => {
    const { project, created, code, runner } = await createFor(oneWay);
    expect(created.irreversible).toContain("enum thing_state");
    expect(code).toContain(
      `throw new Error("enum thing_state: values is (on, off, broken), and should be (on, off)");`,
    );
    expect(await up(runner)).toMatchObject({ outcome: "applied", error: null });
    expect(await down(runner)).toMatchObject({ outcome: "refused", problems: [{ code: "irreversible" }] });
    expect(await checkProject(project, shadow())).toMatchObject({ outcome: "ok", problems: [], differences: [] });
  });
});

describe("the table of changes", () => {
  it("holds at least 40", () => {
    expect(Object.values(changes).flat().length).toBeGreaterThanOrEqual(40);
  });
});
