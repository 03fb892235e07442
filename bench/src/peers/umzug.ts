import path from "node:path";
import { packageVersion } from "../find-program.ts";
import type { Command } from "../measure.ts";
import type { Migration } from "../migrations.ts";
import { countRows, type Peer, type Project } from "../peer.ts";
import { writeNodeProject } from "./node-project.ts";

/** umzug is a library: started with `pg`, a ledger table, and one transaction for each migration and its row. */
export const umzug: Peer = {
  id: "umzug",
  label: "umzug with pg",
  family: "umzug",
  language: "node",
  quick: true,
  findVersion: async () => await packageVersion("umzug"),
  write: async (project) => await writeNodeProject(project, toFile),
  up: (project) => run(project, "up"),
  down: (project, steps) => run(project, "down", String(steps)),
  list: (project) => run(project, "list"),
  ledger: countRows("umzug_ledger"),
};

function run({ dsn, folder }: Project, ...what: string[]): Command {
  const script = path.join(import.meta.dirname, "..", "scripts", "umzug.js");
  return { argv: [process.execPath, script, ...what], env: { DATABASE_URL: dsn }, cwd: folder };
}

function toFile({ name, stamp, up, down }: Migration): Record<string, string> {
  const body = (statements: readonly string[]) =>
    statements.map((sql) => `  await context.query(${JSON.stringify(sql)});\n`).join("");
  const step = (direction: string, statements: readonly string[]) =>
    `export const ${direction} = async ({ context }) => {\n${body(statements)}};\n`;
  return { [`${stamp}_${name}.js`]: `${step("up", up)}\n${step("down", down)}` };
}
