import type { Peer } from "./peer.ts";
import type { Results } from "./results.ts";
import { mebibytes, ratio } from "./table.ts";

/** A goal of the project, and this run's result. */
export interface Goal {
  readonly workload: string;
  readonly text: string;
  readonly found: string;
  /** Undefined: not measured in this run. */
  readonly verdict: string | undefined;
}

/** Compares the goals with the results of a run with these peers. */
export function judgeGoals(results: Results, peers: readonly Peer[]): Goal[] {
  const psql = (workload: string, peer = "ours") => results.against(workload, peer, "psql");
  const memory = (workload: string) => results.middle(workload, "ours", "peakMib");
  return [
    atMost("W1", "at most 4.5 × psql", psql("W1"), 4.5),
    atMost("W1", "at most 1.8 × dbmate's native binary", results.against("W1", "ours", "dbmate"), 1.8),
    leastOf("W1", "less CPU than any Node or Python peer", "cpuMs", results, peers),
    leastOf("W1", "less memory than any Node or Python peer", "peakMib", results, peers),
    atMost("W2", "at most 1.15 × our own W1", results.across("ours", "W2", "W1"), 1.15),
    atMost("W3", "at most 0.80 × psql, a statement a round trip", psql("W3"), 0.8),
    aheadOfAll("W3", results, peers),
    atMost("W3", "memory at most 110 MiB", memory("W3"), 110, mebibytes),
    atMost("W6", "memory for 10,000 at most 130 MiB", memory("W6"), 130, mebibytes),
    atMost("W4", "at most 1.4 × psql", psql("W4"), 1.4),
    atMost("W5", "`history` at most 6 × psql", psql("W5"), 6),
    atMost("W5", "`status` at most 6 × psql", psql("W5", "ours-status"), 6),
  ];
}

function atMost(workload: string, text: string, found: number, limit: number, show = ratio): Goal {
  const over = (100 * (found - limit)) / limit;
  const verdict = found <= limit ? "met" : `missed by ${over.toFixed(over < 10 ? 1 : 0)} %`;
  return { workload, text, found: show(found), verdict: Number.isNaN(found) ? undefined : verdict };
}

function leastOf(
  workload: string,
  text: string,
  quantity: "cpuMs" | "peakMib",
  results: Results,
  peers: readonly Peer[],
): Goal {
  const others = rivals(peers).filter(({ language, family }) => language !== "native" && family !== "dbmate");
  const of = (id: string) => results.middle(workload, id, quantity);
  const show = (value: number) => (quantity === "cpuMs" ? `${value.toFixed(0)} ms` : mebibytes(value));
  return compare(workload, text, of("ours"), others, of, show);
}

function aheadOfAll(workload: string, results: Results, peers: readonly Peer[]): Goal {
  const of = (id: string) => results.against(workload, id, "psql");
  const others = rivals(peers).filter(({ family }) => family !== "psql");
  return compare(workload, "ahead of every other migrator", of("ours"), others, of, ratio);
}

function rivals(peers: readonly Peer[]): readonly Peer[] {
  return peers.filter(({ family }) => family !== "ours");
}

function compare(
  workload: string,
  text: string,
  ours: number,
  others: readonly Peer[],
  of: (id: string) => number,
  show: (value: number) => string,
): Goal {
  const [best] = others
    .map((peer) => ({ label: peer.label, value: of(peer.id) }))
    .filter(({ value }) => !Number.isNaN(value))
    .toSorted((a, b) => a.value - b.value);
  if (!best || Number.isNaN(ours)) return { workload, text, found: "", verdict: undefined };
  const verdict = ours < best.value ? "met" : `missed by ${((100 * ours) / best.value - 100).toFixed(0)} %`;
  return { workload, text, found: `${show(ours)}; ${best.label}: ${show(best.value)}`, verdict };
}
