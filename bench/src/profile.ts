import { writeFile } from "node:fs/promises";
import path from "node:path";
import { type Command, measure } from "./measure.ts";
import type { Peer, Project } from "./peer.ts";
import { ours, startOurs } from "./peers/ours.ts";
import { findPsql } from "./peers/psql.ts";
import type { Projects } from "./projects.ts";
import { median } from "./statistics.ts";

/** A part of our start, measured as a whole process that does only this part. */
export interface ProfileStep {
  readonly label: string;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMib: number;
}

/** Measures the parts of our start, in rounds that interleave them; empty where we are not a peer. */
export async function measureProfile(
  projects: Projects,
  peers: readonly Peer[],
  rounds: number,
  tell: (message: string) => void,
): Promise<ProfileStep[]> {
  if (!peers.includes(ours)) return [];
  tell("profile of a start");
  const steps = await listSteps(await projects.applied(ours, 4), peers);
  const taken = steps.map(({ label, command }) => ({
    label,
    command,
    runs: [] as Awaited<ReturnType<typeof measure>>[],
  }));
  for (const { command } of taken) await measure(command);
  for (let round = 0; round < rounds; round++) for (const { command, runs } of taken) runs.push(await measure(command));
  return taken.map(({ label, runs }) => ({
    label,
    wallMs: median(runs.map((run) => run.wallMs)),
    cpuMs: median(runs.map((run) => run.cpuMs)),
    peakMib: median(runs.map((run) => run.peakMib)),
  }));
}

async function listSteps(project: Project, peers: readonly Peer[]): Promise<{ label: string; command: Command }[]> {
  const { folder: cwd, dsn } = project;
  const load = `import pg from "pg";\n`;
  const ask = `const client = new pg.Client(process.env.POSTGRES_DSN);\nawait client.connect();\nawait client.query("select 1");\nawait client.end();\n`;
  await writeFile(path.join(cwd, "load-pg.js"), `${load}void pg;\n`);
  await writeFile(path.join(cwd, "ask-pg.js"), load + ask);
  const node = (...argv: string[]): Command => ({ argv: [process.execPath, ...argv], env: { POSTGRES_DSN: dsn }, cwd });
  const asked = peers.some(({ id }) => id === "psql")
    ? [{ label: "psql: `select 1`", command: { argv: [findPsql(), "-X", "-q", "-c", "select 1", dsn], cwd } }]
    : [];
  return [
    ...asked,
    { label: "Node: nothing (`node -e 0`)", command: node("-e", "0") },
    { label: "Node: load `pg`", command: node("load-pg.js") },
    { label: "Node: load `pg`, `select 1`", command: node("ask-pg.js") },
    { label: "ours: `--version`", command: startOurs(project, "--version") },
    { label: "ours: `up`, nothing to do", command: startOurs(project, "up") },
  ];
}
