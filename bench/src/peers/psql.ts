import { existsSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { ask, findProgram, isProgram } from "../find-program.ts";
import type { Command } from "../measure.ts";
import { countToRevert, type Migration } from "../migrations.ts";
import { AbsentError, countRows, type Peer, type Project } from "../peer.ts";

// The session does only what a migrator must do: this is the cost of the database itself.
const base = {
  family: "psql",
  language: "native",
  quick: true,
  findVersion: async () => (await ask(findPsql(), "--version")).replace(/^psql \(PostgreSQL\) (\S+).*$/, "$1"),
  write: writeScripts,
  ledger: countRows("ledger"),
} as const;

/** The reference: a file of SQL with a round trip per statement, and one query for the gate. */
export const psql: Peer = {
  ...base,
  id: "psql",
  label: "psql, a statement a round trip",
  up: (project, pending) =>
    pending === "none"
      ? run(project, "--command", "select count(*), max(name) from ledger")
      : run(project, "--file", pending === "all" ? "up.sql" : "redo.sql"),
  down: (project) => run(project, "--file", "down.sql"),
  list: (project) => run(project, "--command", "select name, applied_at from ledger order by id"),
};

/** The reference's SQL, with one message per migration. */
export const psqlMessages: Peer = {
  ...psql,
  id: "psql-messages",
  label: "psql, a migration a message",
  workloads: ["W3", "W4"],
  up: (project, pending) => run(project, "--file", pending === "all" ? "up-messages.sql" : "redo.sql"),
  down: (project) => run(project, "--file", "down-messages.sql"),
};

/** The path of psql itself; Debian's `psql` is a Perl wrapper that takes longer than psql. */
export function findPsql(): string {
  const folder = "/usr/lib/postgresql";
  const versions = existsSync(folder) ? readdirSync(folder) : [];
  const files = versions.toSorted((a, b) => Number(b) - Number(a)).map((one) => path.join(folder, one, "bin", "psql"));
  const program = files.find(isProgram) ?? findProgram("psql");
  if (program) return program;
  throw new AbsentError("apt-get install --no-install-recommends postgresql-client");
}

function run({ dsn, folder }: Project, ...what: string[]): Command {
  const options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"];
  return { argv: [findPsql(), ...options, ...what, dsn], cwd: folder };
}

async function writeScripts({ folder, migrations }: Omit<Project, "dsn">): Promise<void> {
  const create =
    "create table ledger (id bigint generated always as identity primary key, name text not null unique, applied_at timestamptz not null default now());\n";
  const last = migrations.slice(-countToRevert(migrations.length)).toReversed();
  const files = {
    "up.sql": create + migrations.map((one) => `${scriptUp(one).join(";\n")};\n`).join(""),
    "up-messages.sql": create + migrations.map((one) => `${scriptUp(one).join(" \\;\n")};\n`).join(""),
    "redo.sql": last
      .toReversed()
      .map((one) => `${scriptUp(one).join(";\n")};\n`)
      .join(""),
    "down.sql": last.map((one) => `${scriptDown(one).join(";\n")};\n`).join(""),
    "down-messages.sql": last.map((one) => `${scriptDown(one).join(" \\;\n")};\n`).join(""),
  };
  await Promise.all(Object.entries(files).map(async ([name, text]) => await writeFile(path.join(folder, name), text)));
}

function scriptUp({ name, up }: Migration): string[] {
  return ["begin", ...up, `insert into ledger (name) values ('${name}')`, "commit"];
}

function scriptDown({ name, down }: Migration): string[] {
  return ["begin", ...down, `delete from ledger where name = '${name}'`, "commit"];
}
