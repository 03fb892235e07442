import { type Measurement, measure } from "./measure.ts";
import { countToRevert } from "./migrations.ts";
import type { Peer } from "./peer.ts";
import type { Projects } from "./projects.ts";
import { prove, proveList } from "./prove.ts";
import type { Workload } from "./workloads.ts";

/** The measurement of one run of one peer. */
export interface Sample extends Omit<Measurement, "output"> {
  readonly workload: string;
  readonly peer: string;
  readonly round: number;
}

type Progress = (message: string) => void;

/**
 * Runs each workload's rounds; the peers take turns within a round, and each round starts with another peer. Throws
 * when a run fails or did not do its work.
 */
export async function runRounds(
  workloads: readonly Workload[],
  peers: readonly Peer[],
  projects: Projects,
  tell: Progress,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const group of Map.groupBy(workloads, ({ phase }) => phase).values())
    for (let round = 0; round < Math.max(...group.map(({ rounds }) => rounds)); round++) {
      tell(`${group.map(({ id }) => id).join(", ")}: round ${round + 1}`);
      for (const workload of group)
        if (round < workload.rounds) samples.push(...(await runRound(workload, peers, projects, round)));
    }
  return samples;
}

/** Whether a peer runs a workload. */
export function takesPart({ id, workloads }: Peer, workload: Workload): boolean {
  if (workload.oursAlone) return id === "ours";
  return workloads?.includes(workload.id) ?? true;
}

async function runRound(
  workload: Workload,
  peers: readonly Peer[],
  projects: Projects,
  round: number,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const present = peers.filter((peer) => takesPart(peer, workload));
  for (const peer of rotate(present, round)) {
    const run = async () => await runs[workload.kind](peer, workload, projects);
    if (round === 0 && isWarmedUp(workload)) await run();
    const measured = await run();
    if (measured) samples.push({ workload: workload.id, peer: peer.id, round, ...withoutOutput(measured) });
  }
  return samples;
}

/** Whether an unmeasured run comes first and fills the caches, the file system's and the peer's; not for few rounds. */
function isWarmedUp({ kind, rounds }: Workload): boolean {
  return rounds > 2 && (kind === "gate" || kind === "list");
}

function rotate<Item>(items: readonly Item[], by: number): Item[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

function withoutOutput({ wallMs, cpuMs, peakMib }: Measurement): Omit<Measurement, "output"> {
  return { wallMs, cpuMs, peakMib };
}

type Run = (peer: Peer, workload: Workload, projects: Projects) => Promise<Measurement | undefined>;

const runs: Record<Workload["kind"], Run> = { gate: runGate, apply: runApply, undo: runUndo, list: runList };

async function runGate(peer: Peer, { size }: Workload, projects: Projects): Promise<Measurement> {
  const project = await projects.applied(peer, size);
  const measured = await measure(peer.up(project, "none"));
  await prove(peer, project, size);
  return measured;
}

async function runApply(peer: Peer, { size }: Workload, projects: Projects): Promise<Measurement> {
  const project = await projects.empty(peer, size);
  await projects.settle();
  const measured = await measure(peer.up(project, "all"));
  await prove(peer, project, size);
  projects.release(peer, project);
  return measured;
}

async function runUndo(peer: Peer, { size }: Workload, projects: Projects): Promise<Measurement> {
  const project = await projects.applied(peer, size);
  const steps = countToRevert(size);
  await projects.settle();
  const measured = await measure(peer.down(project, steps));
  await prove(peer, project, size - steps);
  await measure(peer.up(project, "reverted"));
  await prove(peer, project, size);
  return measured;
}

async function runList(peer: Peer, { size }: Workload, projects: Projects): Promise<Measurement | undefined> {
  const project = await projects.applied(peer, size);
  const command = peer.list(project);
  if (!command) return undefined;
  const measured = await measure(command);
  proveList(peer, measured.output, size);
  return measured;
}
