import { readFile } from "node:fs/promises";
import path from "node:path";
import { judgeGoals } from "./goals.ts";
import type { Machine } from "./machine.ts";
import type { Peer } from "./peer.ts";
import type { ProfileStep } from "./profile.ts";
import { summarize } from "./results.ts";
import { type Sample, takesPart } from "./rounds.ts";
import { duration, mebibytes, ratio, toTable } from "./table.ts";
import { explainFiles } from "./trace-reasons.ts";
import type { Login } from "./server.ts";
import type { Trace } from "./trace.ts";
import type { Workload } from "./workloads.ts";

/** All results of a benchmark run. */
export interface Run {
  readonly workloads: readonly Workload[];
  readonly peers: readonly Peer[];
  /** Peers that are not installed, and how to install them. */
  readonly absent: readonly { readonly label: string; readonly remedy: string }[];
  /** Versions by the peer's id. */
  readonly versions: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  readonly machine: Machine;
  /** The login to the server that the benchmark started; undefined: the server was given. */
  readonly login: Login | undefined;
  /** False: our command was rebuilt during the run. */
  readonly isStable: boolean;
  readonly profile: readonly ProfileStep[];
  readonly trace: Trace | undefined;
}

/** The peer that all others are compared with: psql, or the first peer. */
export function referenceOf({ peers }: Run): Peer | undefined {
  return peers.find(({ id }) => id === "psql") ?? peers[0];
}

/** A peer's time as a ratio to the reference's in the same rounds; NaN where it was not measured. */
export function ratioOf(run: Run, workload: string, { id }: Peer): number {
  return summarize(run.samples).against(workload, id, referenceOf(run)?.id ?? "");
}

/** Writes the report in Markdown; it ends with the notes in `notes.md`. */
export async function toReport(run: Run): Promise<string> {
  const notes = await readFile(path.resolve(import.meta.dirname, "..", "notes.md"), "utf8").catch(() => "");
  const parts = [
    "# Results of the benchmark",
    "`pnpm bench` writes this file; what stands below “Notes” comes from `notes.md`.",
    describeRun(run),
    "## Goals",
    describeGoals(run),
    "## Times",
    `Medians of whole processes, as ratios to ${referenceOf(run)?.label ?? "nothing"} (1.00) within a round. After each run tables, indexes and ledger rows were counted; a run that did not do its work ends the benchmark.`,
    describeWorkloads(run),
    describeTimes(run),
    "![Ratios as a chart](results.svg)",
    "## CPU and memory",
    "Medians of user and system time, and of the peak resident memory of the largest process.",
    describeResources(run),
    ...describeProfile(run),
    ...describeTrace(run),
    ...(notes ? ["## Notes", notes.trim()] : []),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function describeRun({ machine, peers, versions, absent, login, isStable }: Run): string {
  const names = new Map(peers.map(({ id, family }) => [family, `${family} ${versions.get(id) ?? ""}`])).values();
  const missing = absent.map(({ label, remedy }) => `Without ${label}: \`${remedy}\`.`);
  return [
    `One machine with ${machine.cores} cores and ${machine.memoryGib} GiB of memory; ${machine.system}. PostgreSQL ${machine.postgres} on the loopback address (${machine.settings}${loginInWords(login)}), Node ${machine.node}.`,
    `Peers: ${[...names].join(", ")}.`,
    ...missing,
    ...(isStable ? [] : ["**Our command was built anew during this run: its figures are of no use.**"]),
  ].join("\n");
}

function loginInWords(login: Login | undefined): string {
  if (login === undefined) return "";
  return login === "trust" ? "; logins without a password" : "; logins by SCRAM-SHA-256";
}

function describeGoals(run: Run): string {
  const rows = judgeGoals(summarize(run.samples), run.peers).map(({ workload, text, found, verdict }) => [
    `${workload}: ${text}`,
    found,
    verdict ?? "not measured",
  ]);
  return toTable(["goal", "found", ""], rows);
}

function sorted({ workloads }: Run): Workload[] {
  return workloads.toSorted((a, b) => a.id.localeCompare(b.id));
}

function describeWorkloads(run: Run): string {
  return sorted(run)
    .map(({ id, title, rounds }) => `- ${id}: ${title} (${rounds} ${rounds === 1 ? "round" : "rounds"})`)
    .join("\n");
}

function describeTimes(run: Run): string {
  const shared = sorted(run).filter((workload) => !workload.oursAlone);
  const results = summarize(run.samples);
  const cell = (peer: Peer, { id }: Workload) => {
    const took = results.middle(id, peer.id);
    return Number.isNaN(took) ? "" : `${ratio(ratioOf(run, id, peer))} (${duration(took)})`;
  };
  return toTable(
    ["", ...shared.map(({ id }) => id)],
    run.peers.map((peer) => [peer.label, ...shared.map((workload) => cell(peer, workload))]),
  );
}

function describeResources(run: Run): string {
  const results = summarize(run.samples);
  const cell = (peer: Peer, workload: Workload) => {
    const cpu = takesPart(peer, workload) ? results.middle(workload.id, peer.id, "cpuMs") : NaN;
    return Number.isNaN(cpu) ? "" : `${duration(cpu)}, ${mebibytes(results.middle(workload.id, peer.id, "peakMib"))}`;
  };
  const workloads = sorted(run);
  return toTable(
    ["", ...workloads.map(({ id }) => id)],
    run.peers.map((peer) => [peer.label, ...workloads.map((workload) => cell(peer, workload))]),
  );
}

function describeProfile({ profile }: Run): string[] {
  if (profile.length === 0) return [];
  const rows = profile.map(({ label, wallMs, cpuMs, peakMib }) => [
    label,
    duration(wallMs),
    duration(cpuMs),
    mebibytes(peakMib),
  ]);
  return ["## Where a start goes", "Whole processes that take turns.", toTable(["", "time", "CPU", "memory"], rows)];
}

function describeTrace({ trace }: Run): string[] {
  if (!trace) return [];
  const table = (files: readonly string[]) =>
    toTable(
      ["what", "files", "why"],
      explainFiles(files).map(({ what, count, why }) => [what, String(count), why]),
    );
  const builtins = trace.builtins.map((name) => `\`${name}\``).join(", ");
  const opened = trace.files
    ? [
        "Opened (`strace -f -e trace=open,openat`):",
        table(trace.files),
        "System calls (`strace -f -c`):",
        `\`\`\`text\n${trace.systemCalls}\n\`\`\``,
      ]
    : ["What it opens was not traced: strace is not installed."];
  return [
    "## What a no-op `up` loads and opens",
    `Modules from ${trace.modules.length} files:`,
    table(trace.modules),
    `Of Node's own modules, beside those of \`node -e 0\`: ${builtins || "none"}.`,
    ...opened,
  ];
}
