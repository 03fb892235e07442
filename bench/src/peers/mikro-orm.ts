import { writeFile } from "node:fs/promises";
import path from "node:path";
import { packageFolder, packageVersion } from "../find-program.ts";
import type { Command } from "../measure.ts";
import type { Migration } from "../migrations.ts";
import { countRows, type Peer, type Project } from "../peer.ts";
import { writeNodeProject } from "./node-project.ts";

/** MikroORM's CLI, with one transaction per migration and no schema snapshot. */
export const mikroOrm: Peer = {
  id: "mikro-orm",
  label: "MikroORM CLI",
  family: "mikro-orm",
  language: "node",
  quick: false,
  findVersion: async () => await packageVersion("@mikro-orm/cli"),
  write: async (project) => await writeProject(project, "snapshot: false, allOrNothing: false"),
  up: (project) => run(project, "up"),
  down: (project, steps) => run(project, "down", "--to", fileName(lastKept(project, steps))),
  list: (project) => run(project, "list"),
  ledger: countRows("mikro_orm_migrations"),
};

/** MikroORM's CLI with its defaults: one transaction for all, and a schema snapshot after it. */
export const mikroOrmDefaults: Peer = {
  ...mikroOrm,
  id: "mikro-orm-defaults",
  label: "MikroORM CLI, its defaults",
  family: "mikro-orm-defaults",
  workloads: ["W3", "W4"],
  write: async (project) => await writeProject(project, ""),
};

/** A migration's name as MikroORM forms it. */
export function fileName({ name, stamp }: Migration): string {
  return `Migration${stamp}_${name}`;
}

/** A migration as MikroORM's `migration:create` writes it, in JavaScript. */
export function toMikroOrm(migration: Migration): Record<string, string> {
  const body = (statements: readonly string[]) =>
    statements.map((sql) => `    this.addSql(${JSON.stringify(sql)});\n`).join("");
  const text = `import { Migration } from "@mikro-orm/migrations";

export class ${fileName(migration)} extends Migration {
  up() {
${body(migration.up)}  }

  down() {
${body(migration.down)}  }
}
`;
  return { [`${fileName(migration)}.js`]: text };
}

function lastKept({ migrations }: Project, steps: number): Migration {
  const kept = migrations.at(-1 - steps);
  if (!kept) throw new Error(`MikroORM's CLI goes down to a migration: there are no more than ${steps}`);
  return kept;
}

function run({ dsn, folder }: Project, command: string, ...options: string[]): Command {
  const program = path.join(packageFolder("@mikro-orm/cli"), "cli.js");
  const argv = [process.execPath, program, `migration:${command}`, ...options, "--config", "mikro-orm.config.js"];
  // Its TypeScript support would load jiti, which pnpm installs for node-pg-migrate, and start a thread for it: 800 ms.
  return { argv, env: { DATABASE_URL: dsn, MIKRO_ORM_CLI_PREFER_TS: "0" }, cwd: folder };
}

async function writeProject(project: Omit<Project, "dsn">, settings: string): Promise<void> {
  await writeNodeProject(project, toMikroOrm);
  const text = `import { defineConfig } from "@mikro-orm/postgresql";
import { Migrator } from "@mikro-orm/migrations";

export default defineConfig({
  clientUrl: process.env.DATABASE_URL,
  entities: [],
  discovery: { warnWhenNoEntities: false },
  extensions: [Migrator],
  migrations: { path: "migrations", ${settings} },
});
`;
  await writeFile(path.join(project.folder, "mikro-orm.config.js"), text);
}
