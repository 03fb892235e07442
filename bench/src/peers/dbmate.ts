import { createRequire } from "node:module";
import path from "node:path";
import { mkdir, writeFile } from "node:fs/promises";
import { ask, packageFolder } from "../find-program.ts";
import type { Command } from "../measure.ts";
import { AbsentError, countRows, type Peer, type Project } from "../peer.ts";

/** dbmate's Go binary, started directly. */
export const dbmate: Peer = {
  id: "dbmate",
  label: "dbmate, native binary",
  family: "dbmate",
  language: "native",
  quick: true,
  findVersion: async () => (await ask(findBinary(), "--version")).replace("dbmate version ", ""),
  write: writeProject,
  // `up` also checks in a session of its own whether the database exists; `migrate` does not.
  up: (project) => run(project, [findBinary()], "migrate"),
  down: (project, steps) => repeat(run(project, [findBinary()], "rollback"), steps),
  list: (project) => run(project, [findBinary()], "status"),
  ledger: countRows("schema_migrations"),
};

/** dbmate through its npm package: a Node process that starts the binary. */
export const dbmateByNpm: Peer = {
  ...dbmate,
  id: "dbmate-npm",
  label: "dbmate through npm",
  language: "node",
  workloads: ["W1", "W2"],
  up: (project) => run(project, [process.execPath, wrapper()], "migrate"),
};

function wrapper(): string {
  return path.join(packageFolder("dbmate"), "dist", "cli.js");
}

function findBinary(): string {
  const name = `@dbmate/${process.platform}-${process.arch}`;
  try {
    return createRequire(wrapper()).resolve(`${name}/bin/dbmate`);
  } catch {
    throw new AbsentError(`${name} is not installed: pnpm leaves it out where it does not fit the machine`);
  }
}

function run({ dsn, folder }: Project, program: readonly string[], command: string): Command {
  const env = { DATABASE_URL: `${dsn}?sslmode=disable` };
  return { argv: [...program, "--migrations-dir", "migrations", "--no-dump-schema", command], env, cwd: folder };
}

/** dbmate reverts one migration per call, so this calls it repeatedly. */
function repeat(command: Command, times: number): Command {
  const loop = `n=$1; shift; while [ "$n" -gt 0 ]; do "$@" || exit; n=$((n - 1)); done`;
  return { ...command, argv: ["/bin/sh", "-c", loop, "repeat", String(times), ...command.argv] };
}

async function writeProject({ folder, migrations }: Omit<Project, "dsn">): Promise<void> {
  const directory = path.join(folder, "migrations");
  await mkdir(directory);
  for (const { name, stamp, up, down } of migrations) {
    const text = `-- migrate:up\n${up.join(";\n")};\n\n-- migrate:down\n${down.join(";\n")};\n`;
    await writeFile(path.join(directory, `${stamp}_${name}.sql`), text);
  }
}
