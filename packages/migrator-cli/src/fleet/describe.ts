import type { FleetCheck, FleetPlan, RunSummary, TargetOfRun } from "@thedata/fleet";
import { align } from "../align.ts";
import { count, milliseconds } from "../describe-run.ts";
import type { Output } from "../output.ts";

const marks = { done: "✔", failed: "✖", stopped: "‖", running: "…", checking: "…", stopping: "‖" } as const;
const colors = {
  done: "green",
  failed: "red",
  stopped: "yellow",
  running: "cyan",
  checking: "cyan",
  stopping: "yellow",
} as const;

/** The states of targets in the order in which a person asks for them. */
const order = [
  "applied",
  "current",
  "running",
  "queued",
  "waiting",
  "failed",
  "refused",
  "unreachable",
  "gone",
  "cancelled",
];

/** `12 applied, 3 running, 85 waiting`. */
export function describeCounts(counts: RunSummary["counts"], direction: RunSummary["direction"] = "up"): string {
  const words = Object.entries(counts).toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  const nameOf = (state: string) => (state === "applied" && direction === "down" ? "reverted" : state);
  return words.map(([state, n]) => `${n} ${nameOf(state)}`).join(", ");
}

/** What stands above everything else. */
export function describeHead(output: Output, summary: RunSummary): string {
  const { run, direction, reverts, state, total, note } = summary;
  const what = direction === "up" ? `to ${summary.head ?? "nothing"}` : `reverts run ${reverts}`;
  const mark = output.paint(colors[state], marks[state]);
  return `${mark} run ${run} ${state}: ${count(total, "target")}, ${what}${note === null ? "" : `; ${note}`}`;
}

/** The waves of a run, a line each. */
export function describeWaves({ waves, direction }: RunSummary): string[] {
  const until = (bakeUntil: string | null, state: string) =>
    state === "baking" && bakeUntil ? ` until ${bakeUntil}` : "";
  const rows = waves.map(({ name, size, state, counts, bakeUntil }) => [
    `  ${name}`,
    String(size),
    `${state}${until(bakeUntil, state)}`,
    describeCounts(counts, direction),
  ]);
  return align([["  wave", "size", "state", "targets"], ...rows]);
}

/** The servers that have something to do or failures, a line each. */
export function describeServers({ servers }: RunSummary, most = 10): string[] {
  const busy = servers.filter(({ open, failed }) => open + failed > 0);
  if (busy.length === 0) return [];
  const rows = busy
    .slice(0, most)
    .map(({ server, total, running, open, failed }) => [`  ${server}`, ...[running, open, failed, total].map(String)]);
  const rest = busy.length > most ? [`  and ${busy.length - most} more servers`] : [];
  return [...align([["  server", "running", "open", "failed", "all"], ...rows]), ...rest];
}

/** What failed and why, a line each. */
export function describeFailed(output: Output, { failed, run }: RunSummary, total: number): string[] {
  const lines = failed.map(({ id, state, attempts, error }) => {
    const tries = attempts > 1 ? ` after ${attempts} attempts` : "";
    return `  ${output.paint("red", "✖")} ${id} ${state}${tries}: ${error?.message ?? "no reason is known"}`;
  });
  return total > failed.length
    ? [...lines, `  and ${total - failed.length} more: migrator fleet report ${run}`]
    : lines;
}

/** A run as it stands, whole. */
export function describeSummary(output: Output, summary: RunSummary): string[] {
  const { counts, state, run, behind, exitCode } = summary;
  const failures = ["failed", "refused", "unreachable", "gone"].reduce(
    (sum, one) => sum + (counts[one as "failed"] ?? 0),
    0,
  );
  const back = summary.direction === "up" ? ` Back to where each was: migrator fleet down ${run}` : "";
  const next: Partial<Record<typeof state, string>> = {
    failed: `  Mend the databases, then: migrator fleet retry ${run}. With other migrations: migrator fleet up.${back}`,
    stopped: `  Go on: migrator fleet resume ${run}.${back}`,
  };
  return [
    describeHead(output, summary),
    ...describeWaves(summary),
    ...describeServers(summary),
    ...describeFailed(output, summary, failures),
    ...(behind > 0 ? [`  ${count(behind, "target")} not at the head: see "migrator status" there`] : []),
    ...(next[state] === undefined || exitCode === 0 ? [] : [next[state]]),
  ];
}

export function describePlan({ waves, states, servers, head }: FleetPlan): string[] {
  const names = (targets: readonly string[]) =>
    targets.length <= 4 ? targets.join(", ") : `${targets.slice(0, 3).join(", ")}, and ${targets.length - 3} more`;
  const rows = waves.map(({ name, targets }) => [`  ${name}`, String(targets.length), names(targets)]);
  const said = Object.entries(states).map(([state, n]) => `${n} ${state}`);
  const total = Object.values(servers).reduce((sum, n) => sum + n, 0);
  return [
    `${count(total, "target")} on ${count(Object.keys(servers).length, "server")}: ${said.join(", ")}; the head is ${head ?? "nothing"}`,
    ...align([["  wave", "size", "targets"], ...rows]),
  ];
}

export function describeCheck(output: Output, { targets, faults }: FleetCheck): string[] {
  if (faults.length === 0) return [`${output.paint("green", "✔")} ${count(targets, "target")}, no fault`];
  return faults.map(
    ({ target, message }) => `${output.paint("red", "✖")} ${target === null ? "" : `${target} `}${message}`,
  );
}

/** A target that a worker is through with. */
export function describeEnded(output: Output, target: TargetOfRun): string {
  const { id, state, steps, ms, error, attempt } = target;
  const isGood = state === "applied" || state === "current";
  const mark = output.paint(
    isGood ? "green" : state === "queued" || state === "waiting" ? "yellow" : "red",
    isGood ? "✔" : "✖",
  );
  const what = isGood
    ? `${state}, ${count(steps ?? 0, "migration")}, ${milliseconds(ms ?? 0)}`
    : `${state === "queued" ? "is tried again" : state}: ${error?.message ?? "asked to stop"}`;
  return `${mark} ${id} ${what}${attempt > 1 ? ` (attempt ${attempt})` : ""}`;
}
