import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { toChart } from "./chart.ts";
import { describeMachine } from "./machine.ts";
import type { Options } from "./options.ts";
import { AbsentError, type Peer } from "./peer.ts";
import { measureProfile } from "./profile.ts";
import { fingerprintOurs } from "./peers/ours.ts";
import { createProjects } from "./projects.ts";
import { type Run, toReport } from "./report.ts";
import { runRounds } from "./rounds.ts";
import { openServer } from "./server.ts";
import { traceGate } from "./trace.ts";

type Progress = (message: string) => void;

/** Runs the benchmark and writes RESULTS.md and results.svg. Throws when a peer fails or did not do its work. */
export async function runBenchmark(options: Options, tell: Progress): Promise<Run> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "thedata-bench-"));
  const server = await openServer(options.dsn, folder, options.login);
  try {
    const run = await measureAll(options, server.dsn, folder, tell);
    await writeFile(path.join(options.out, "results.svg"), toChart(run));
    await writeFile(path.join(options.out, "RESULTS.md"), await toReport(run));
    tell(`${path.join(options.out, "RESULTS.md")} is written`);
    return run;
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureAll(options: Options, dsn: string, folder: string, tell: Progress): Promise<Run> {
  const built = await fingerprintOurs();
  const { present, absent, versions } = await findPeers(options.peers, tell);
  const projects = createProjects(dsn, folder);
  try {
    const samples = await runRounds(options.workloads, present, projects, tell);
    const profile = await measureProfile(projects, present, options.smoke ? 2 : 20, tell);
    const trace = options.trace ? await traceGate(projects, present, tell) : undefined;
    const machine = await describeMachine(dsn);
    const login = options.dsn === undefined ? options.login : undefined;
    const isStable = built === (await fingerprintOurs());
    if (!isStable) tell("our command was built anew during the run: its figures are of no use");
    const { workloads } = options;
    return { workloads, peers: present, absent, versions, samples, machine, login, isStable, profile, trace };
  } finally {
    await projects.close();
  }
}

async function findPeers(peers: readonly Peer[], tell: Progress) {
  const present: Peer[] = [];
  const absent: { label: string; remedy: string }[] = [];
  const versions = new Map<string, string>();
  for (const peer of peers)
    try {
      versions.set(peer.id, await peer.findVersion());
      present.push(peer);
    } catch (error) {
      if (!(error instanceof AbsentError)) throw error;
      absent.push({ label: peer.label, remedy: error.message });
      tell(`without ${peer.label}: ${error.message}`);
    }
  return { present, absent, versions };
}
