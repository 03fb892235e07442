import { existsSync } from "node:fs";
import { access, constants, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  ConfigurationError,
  discover,
  type OrmOptions,
  RefusedError,
  rewriteManifest,
} from "@thedata/migrator/internal";
import { configFileNames, describeLoadFailure, findConfiguration } from "../configuration.ts";
import { count } from "../describe-run.ts";
import { exitCodes } from "../exit-codes.ts";
import { findMikroOrmConfig, readOrmOptions } from "../mikro-orm-config.ts";
import type { Output } from "../output.ts";
import type { GlobalOptions } from "../settings.ts";
import { loadProjectFile, ProjectFileError, readProject } from "../typescript-loader.ts";

/** What `init` found in the project and writes into its configuration. */
interface Project {
  readonly folder: string;
  /** MikroORM's configuration file, relative to `folder`; undefined: there is none. */
  readonly ormConfig: string | undefined;
  /** The folder of the migrations, relative to `folder`. */
  readonly migrations: string;
  /** The ledger that MikroORM's configuration names, if it names one. */
  readonly ledger: string | undefined;
}

/** `migrator init`: sets up the project in the working directory and gives the exit code. */
export async function runInit(output: Output, options: GlobalOptions): Promise<number> {
  const folder = process.cwd();
  refuseConfigured(folder);
  const above = findConfiguration(path.dirname(folder));
  const project = await findProject(folder, options.migrations);
  const directory = path.resolve(folder, project.migrations);
  await access(folder, constants.W_OK).catch((cause: Error) => {
    throw new ConfigurationError(`The folder ${folder} cannot be written: ${cause.message}`, { cause });
  });
  await mkdir(directory, { recursive: true });
  const { files, manifest } = await discover(directory);
  if (files.length > 0 && !manifest) await rewriteManifest(directory);
  const configuration = await writeConfiguration(project, files.length > 0);
  const scripts = await addScripts(folder);
  const { ormConfig = null, migrations } = project;
  output.document({
    outcome: "initialized",
    configuration,
    mikroOrm: ormConfig,
    migrations,
    found: files.length,
    scripts,
  });
  if (above) output.line(`This folder now has its own configuration; ${above} no longer applies to it.`);
  for (const line of describe(project, configuration, files.length, scripts)) output.line(line);
  return exitCodes.done;
}

function refuseConfigured(folder: string): void {
  const found = configFileNames.find((name) => existsSync(path.join(folder, name)));
  if (found) throw new RefusedError(`This project is set up already: ${found} is there. Change it, or remove it first`);
}

async function findProject(folder: string, migrations: string | undefined): Promise<Project> {
  const file = findMikroOrmConfig(folder);
  const orm = file === undefined ? {} : await loadOrmConfig(file);
  const settings = (orm["migrations"] ?? {}) as Readonly<Record<string, unknown>>;
  const base = typeof orm["baseDir"] === "string" ? path.resolve(folder, orm["baseDir"]) : folder;
  const named = migrations ?? readText(settings["pathTs"]) ?? readText(settings["path"]) ?? "migrations";
  return {
    folder,
    ormConfig: file && relative(folder, file),
    migrations: relative(folder, path.resolve(migrations === undefined ? base : folder, named)),
    ledger: ledgerOf(settings, orm),
  };
}

/** MikroORM keeps its table in the schema that its options name. */
function ledgerOf(settings: Readonly<Record<string, unknown>>, orm: OrmOptions): string | undefined {
  const table = readText(settings["tableName"]);
  const schema = readText(settings["schema"]) ?? readText(orm["schema"]);
  if (schema === undefined || schema === "*" || table?.includes(".")) return table;
  return `${schema}.${table ?? "mikro_orm_migrations"}`;
}

async function loadOrmConfig(file: string): Promise<OrmOptions> {
  const exported = await loadProjectFile(file).catch((error: unknown) => {
    if (!(error instanceof ProjectFileError)) throw error;
    const cause = error.cause as Error;
    throw new ConfigurationError(`${file} cannot be loaded: ${describeLoadFailure(cause, error.loader)}`, { cause });
  });
  return await readOrmOptions(exported);
}

const readText = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
const relative = (folder: string, file: string) => path.relative(folder, file).replaceAll(path.sep, "/") || ".";

/** Writes `migrator.config.ts`: `.mts` in a CommonJS project, `.mjs` where there is no TypeScript. Gives its name. */
async function writeConfiguration(project: Project, hasHistory: boolean): Promise<string> {
  const { folder, ormConfig, migrations, ledger } = project;
  const typescript = existsSync(path.join(folder, "tsconfig.json")) || /\.[cm]?ts$/.test(ormConfig ?? "");
  const name = `migrator.config.${typescript ? (readProject(folder).isEsm ? "ts" : "mts") : "mjs"}`;
  const models =
    ormConfig === undefined
      ? '  // MikroORM\'s options, for the commands that compare models: create, check, diff.\n  // models: () => import("./src/mikro-orm.config.ts"),'
      : `  models: ${JSON.stringify(ormConfig)},`;
  const lines = [
    `import { defineConfig } from "migrator-cli";`,
    "",
    "export default defineConfig({",
    `  migrations: ${JSON.stringify(migrations)},`,
    models,
    ...(ledger === undefined || /^(public\.)?mikro_orm_migrations$/.test(ledger)
      ? []
      : [`  ledger: ${JSON.stringify(ledger)},`]),
    ...(hasHistory ? ["  // Earlier migrations are exempt from the rules.", `  rulesFrom: "${now()}",`] : []),
    "});",
    "",
  ];
  await writeFile(path.join(folder, name), lines.join("\n"), { flag: "wx" });
  return name;
}

function now(): string {
  return new Date().toISOString().replaceAll(/\D/g, "").slice(0, 14);
}

const scripts = {
  migrate: "migrator up",
  "migrate:status": "migrator status",
  "migrate:create": "migrator create",
  "migrate:check": "migrator check",
};

/** Adds the scripts that package.json lacks; gives the names of those that it added. */
async function addScripts(folder: string): Promise<string[]> {
  const file = path.join(folder, "package.json");
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return [];
  const content = JSON.parse(text) as { scripts?: Record<string, string> };
  const added = Object.entries(scripts).filter(([name]) => content.scripts?.[name] === undefined);
  if (added.length === 0) return [];
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? "  ";
  const next = { ...content, scripts: { ...content.scripts, ...Object.fromEntries(added) } };
  await writeFile(file, `${JSON.stringify(next, null, indent)}${text.endsWith("\n") ? "\n" : ""}`);
  return added.map(([name]) => name);
}

const status = "  migrator status             the state of the database";
const check = "  migrator check              whether models and migrations are equal";
const create = "  migrator create NAME        a migration from what differs";
const up = "  migrator up                 applies what is pending";

function describe({ ormConfig, migrations }: Project, file: string, found: number, added: readonly string[]): string[] {
  const history = found === 0 ? "which is empty" : `with ${count(found, "migration")}, listed in its manifest.json`;
  return [
    ormConfig === undefined
      ? "Found no MikroORM configuration: name the models in the configuration once there are any."
      : `Found ${ormConfig}: models and connection come from there.`,
    `Wrote ${file}, for the migrations in ${migrations}, ${history}.`,
    ...(added.length === 0 ? [] : [`Added to package.json: ${added.join(", ")}.`]),
    "",
    "What comes next:",
    ...(ormConfig === undefined ? ["  POSTGRES_DSN=postgresql://… says where the database is"] : []),
    ...(found === 0 ? [create, up, status, check] : [status, check, create, up]),
    ...(found > 0
      ? [
          "A database migrated by MikroORM's CLI works unchanged; for another tool's database see: migrator baseline --help.",
        ]
      : []),
  ];
}
