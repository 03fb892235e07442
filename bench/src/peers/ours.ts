import { existsSync } from "node:fs";
import { readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { rewriteManifest } from "@thedata/migrator/internal";
import { packageFolder, packageVersion } from "../find-program.ts";
import type { Command } from "../measure.ts";
import { AbsentError, countRows, type Peer, type Project } from "../peer.ts";
import { toMikroOrm } from "./mikro-orm.ts";
import { writeNodeProject } from "./node-project.ts";

/** Our command, started as docker/docker-entrypoint.sh starts it; the only place that defines this. */
export function startOurs({ dsn, folder }: Project, ...what: string[]): Command {
  return {
    argv: [process.execPath, ...nodeOptions, findMain(), ...what],
    env: { ...environment, POSTGRES_DSN: dsn },
    cwd: folder,
  };
}

// As in docker/Dockerfile.
const nodeOptions: readonly string[] = [];
const environment = { NODE_ENV: "production" };

/** Our built CLI with all features: lock, manifest, checksums, ledger, audit. */
export const ours: Peer = {
  id: "ours",
  label: "ours",
  family: "ours",
  language: "node",
  quick: true,
  findVersion: async () => {
    findMain();
    return await packageVersion("migrator-cli");
  },
  write: writeProject,
  up: (project) => startOurs(project, "up"),
  down: (project, steps) => startOurs(project, "down", "--steps", String(steps)),
  list: (project) => startOurs(project, "history"),
  ledger: countRows("mikro_orm_migrations"),
};

/** Our second command that reads the whole ledger; it prints the head and counts. */
export const oursStatus: Peer = {
  ...ours,
  id: "ours-status",
  label: "ours, `status`",
  workloads: ["W5"],
  list: (project) => startOurs(project, "status"),
  listed: () => 1,
};

/** A text that changes when our command is rebuilt. */
export async function fingerprintOurs(): Promise<string> {
  const folder = path.join(packageFolder("migrator-cli"), "dist");
  const names = (await readdir(folder, { recursive: true }).catch(() => [])).toSorted();
  const stats = await Promise.all(
    names.map(async (name) => await stat(path.join(folder, name)).catch(() => undefined)),
  );
  return names.map((name, index) => `${name} ${stats[index]?.size} ${stats[index]?.mtimeMs}`).join("\n");
}

function findMain(): string {
  const main = path.join(packageFolder("migrator-cli"), "dist", "main.cjs");
  if (existsSync(main)) return main;
  throw new AbsentError("pnpm turbo run build --filter=migrator-cli");
}

async function writeProject(project: Omit<Project, "dsn">): Promise<void> {
  await writeNodeProject(project, toMikroOrm);
  await writeFile(path.join(project.folder, "migrator.config.js"), `export default { migrations: "migrations" };\n`);
  await rewriteManifest(path.join(project.folder, "migrations"));
}
