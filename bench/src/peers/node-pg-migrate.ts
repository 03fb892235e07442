import path from "node:path";
import { packageFolder, packageVersion } from "../find-program.ts";
import type { Command } from "../measure.ts";
import type { Migration } from "../migrations.ts";
import { countRows, type Peer, type Project } from "../peer.ts";
import { writeNodeProject } from "./node-project.ts";

/** node-pg-migrate's own CLI. */
export const nodePgMigrate: Peer = {
  id: "node-pg-migrate",
  label: "node-pg-migrate",
  family: "node-pg-migrate",
  language: "node",
  quick: true,
  findVersion: async () => await packageVersion("node-pg-migrate"),
  write: async (project) => await writeNodeProject(project, toFile),
  up: (project) => run(project, "up"),
  down: (project, steps) => run(project, "down", String(steps)),
  list: () => undefined,
  ledger: countRows("pgmigrations"),
};

function run({ dsn, folder }: Project, ...what: string[]): Command {
  const program = path.join(packageFolder("node-pg-migrate"), "bin", "node-pg-migrate.js");
  // Its default is one transaction for all migrations.
  return {
    argv: [process.execPath, program, ...what, "--no-single-transaction"],
    env: { DATABASE_URL: dsn },
    cwd: folder,
  };
}

function toFile({ name, stamp, up, down }: Migration): Record<string, string> {
  const body = (statements: readonly string[]) =>
    statements.map((sql) => `  pgm.sql(${JSON.stringify(sql)});\n`).join("");
  const text = `export const up = (pgm) => {\n${body(up)}};\n\nexport const down = (pgm) => {\n${body(down)}};\n`;
  return { [`${stamp}000_${name}.js`]: text };
}
