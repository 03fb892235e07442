import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { defineEntity, type EntitySchema, p } from "@mikro-orm/postgresql";
import { expect, inject } from "vitest";
import { checkProject } from "../src/commands/check.ts";
import { contract } from "../src/commands/contract.ts";
import { up } from "../src/commands/up-and-down.ts";
import { rewriteManifest } from "../src/commands/create.ts";
import type { ContextOptions } from "../src/execute/context.ts";
import type { ReleaseSettings } from "../src/releases/settings.ts";
import { addFiles, contextOf, emptyDatabase, type Steps, temporaryFolder } from "./support.ts";

export const shadow = { servers: [inject("postgresDsn")] };

const properties = { id: p.integer().primary(), name: p.text() };
const item = (more: object, checks: readonly { name: string; expression: string }[] = []): EntitySchema[] => [
  defineEntity({
    name: "Item",
    tableName: "items",
    properties: { ...properties, ...more },
    checks: [...checks],
  }) as EntitySchema,
];

/** The migrations of the history, each with the models of the release that comes with it. */
export const history = {
  Migration20260101000001_items: {
    up: ["create table items (id serial primary key, name text not null, note text)"],
    down: ["drop table items"],
  },
  Migration20260101000002_remark: {
    up: ["alter table items add remark text"],
    down: ["alter table items drop remark"],
  },
  Migration20260101000003_no_note: { up: ["alter table items drop note"], down: ["alter table items add note text"] },
} satisfies Record<string, Steps>;

/** The models of each release. */
export const models = {
  "0.9.0": () => item({}),
  "1.0.0": () => item({ note: p.text().nullable() }),
  "1.0.1": () => item({ note: p.text().index("items_note_index") }),
  // What needs the same may be released again.
  "1.0.2": () => item({ note: p.text().nullable() }),
  "1.1.0": () => item({ note: p.text().nullable(), remark: p.text().nullable() }),
  "1.1.1": () => item({ note: p.text().nullable() }, [{ name: "short", expression: "length(name) < 100" }]),
  "1.1.2": () => item({ note: p.text().nullable() }, [{ name: "short", expression: "length(name) < 200" }]),
  "1.2.0": () => item({ remark: p.text().nullable() }),
  "1.3.0": () => item({ at: p.datetime() }),
  "1.4.0": () => item({ parentId: p.integer().nullable() }),
  "1.5.0": () => item({ parentId: p.integer().nullable(), note: p.text().nullable() }),
  "2.0.0": () => item({ kind: p.enum(["a", "b"]) }),
  "2.1.0": () => item({ kind: p.enum(["a", "b", "c"]) }),
} as const;

export type Version = keyof typeof models;

/** A project whose models were released several times. */
export interface ReleasesProject {
  readonly folder: string;
  readonly migrations: string;
  readonly releases: ReleaseSettings;
  /** A context of this project on a database. */
  on(dsn: string, more?: Partial<ContextOptions>): ReturnType<typeof contextOf>;
}

export interface ProjectOptions {
  readonly supported?: ReleaseSettings["supported"];
  /** Migrations besides those of `history`. */
  readonly extra?: Record<string, Steps>;
  /** True: the check need not find all well. */
  readonly tolerate?: boolean;
}

type ProjectSteps = readonly { readonly migration?: string; readonly release?: Version }[];

// Made once for each kind: tests get copies.
const made = new Map<string, Promise<string>>();

/** A project with these migrations and releases, each frozen when its migration was the newest, and checked. */
export async function projectOf(steps: ProjectSteps, options: ProjectOptions = {}): Promise<ReleasesProject> {
  const kind = JSON.stringify([steps, options]);
  const original = made.get(kind) ?? make(steps, options);
  made.set(kind, original);
  const folder = await temporaryFolder();
  await cp(await original, folder, { recursive: true });
  return describeProject(folder, steps.findLast(({ release }) => release)?.release ?? "1.0.0", options);
}

function describeProject(folder: string, current: Version, { supported = "last 2" }: ProjectOptions): ReleasesProject {
  const migrations = path.join(folder, "migrations");
  const releases: ReleaseSettings = {
    folder: path.join(folder, "releases"),
    supported,
    package: path.join(folder, "package.json"),
    contract: path.join(folder, "contract.json"),
  };
  const on: ReleasesProject["on"] = (dsn, more = {}) =>
    contextOf(dsn, migrations, { releases, ormOptions: { entities: models[current]() }, ...more });
  return { folder, migrations, releases, on };
}

async function make(steps: ProjectSteps, options: ProjectOptions): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "releases-project-"));
  let project = describeProject(folder, "1.0.0", options);
  await mkdir(project.migrations);
  for (const { migration, release } of steps) {
    const all: Record<string, Steps> = { ...history, ...options.extra };
    if (migration) await addFiles(project.migrations, { [migration]: all[migration] ?? {} });
    await rewriteManifest(project.migrations);
    if (!release) continue;
    project = describeProject(folder, release, options);
    await writeFile(path.join(folder, "package.json"), JSON.stringify({ name: "@shop/models", version: release }));
    await contract(project.on(""), { shadow, releases: project.releases, freeze: true });
  }
  const checked = await checkProject(project.on(""), shadow, { fix: true });
  if (!options.tolerate && checked.outcome !== "ok") throw new Error(JSON.stringify(checked));
  return folder;
}

/** Removes the projects that tests got copies of. */
export async function removeProjects(): Promise<void> {
  for (const folder of made.values()) await rm(await folder, { recursive: true, force: true });
}

/** The whole history with its three releases. */
export const wholeHistory = [
  { migration: "Migration20260101000001_items", release: "1.0.0" },
  { migration: "Migration20260101000002_remark", release: "1.1.0" },
  { migration: "Migration20260101000003_no_note", release: "1.2.0" },
] as const;

/** A database that the project's first migrations were applied to. */
export async function databaseAt(project: ReleasesProject, to: string) {
  const database = await emptyDatabase();
  expect(await up(project.on(database.dsn, { releases: undefined }), { to })).toMatchObject({ error: null });
  return database;
}

/** Replaces a text of a file, which must be there. */
export async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, "utf8");
  expect(text).toContain(from);
  await writeFile(file, text.replace(from, to));
}
