import type { Sample } from "./rounds.ts";
import { type InRound, median, medianRatio } from "./statistics.ts";

type Quantity = "wallMs" | "cpuMs" | "peakMib";

/** The samples of a run and what they come to; NaN where there are none. */
export interface Results {
  /** The median of what a peer took for a workload. */
  middle(workload: string, peer: string, quantity?: Quantity): number;
  /** The median of the ratios of two peers' times, round by round. */
  against(workload: string, peer: string, reference: string): number;
  /** The median of the ratios of one peer's times for two workloads, round by round. */
  across(peer: string, workload: string, reference: string): number;
}

/** Gives the samples' medians and ratios. */
export function summarize(samples: readonly Sample[]): Results {
  const of = (workload: string, peer: string) =>
    samples.filter((sample) => sample.workload === workload && sample.peer === peer);
  const times = (workload: string, peer: string): InRound[] =>
    of(workload, peer).map(({ round, wallMs }) => ({ round, value: wallMs }));
  return {
    middle: (workload, peer, quantity = "wallMs") => median(of(workload, peer).map((sample) => sample[quantity])),
    against: (workload, peer, reference) => medianRatio(times(workload, peer), times(workload, reference)),
    across: (peer, workload, reference) => medianRatio(times(workload, peer), times(reference, peer)),
  };
}
