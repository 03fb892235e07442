import path from "node:path";
import { packageVersion } from "../find-program.ts";
import type { Command } from "../measure.ts";
import type { Migration } from "../migrations.ts";
import { countRows, type Peer, type Project } from "../peer.ts";
import { writeNodeProject } from "./node-project.ts";

/**
 * postgrator is a library: with `pg`, as in its README. It writes its ledger row outside the migration's transaction.
 */
export const postgrator: Peer = {
  id: "postgrator",
  label: "postgrator with pg",
  family: "postgrator",
  language: "node",
  quick: true,
  findVersion: async () => await packageVersion("postgrator"),
  write: async (project) => await writeNodeProject(project, toFiles),
  up: (project) => run(project, "up"),
  down: (project, steps) => run(project, "down", String(steps)),
  list: (project) => run(project, "list"),
  // postgrator creates the table with a row for version 0.
  ledger: (applied) => countRows("schemaversion where version > 0")(applied),
};

function run({ dsn, folder }: Project, ...what: string[]): Command {
  const script = path.join(import.meta.dirname, "..", "scripts", "postgrator.js");
  return { argv: [process.execPath, script, ...what], env: { DATABASE_URL: dsn }, cwd: folder };
}

function toFiles({ name, number, up, down }: Migration): Record<string, string> {
  return {
    [`${number}.do.${name}.sql`]: `${up.join(";\n")};\n`,
    [`${number}.undo.${name}.sql`]: `${down.join(";\n")};\n`,
  };
}
