import type { Sample } from "./rounds.ts";
import { type InRound, median, medianRatio } from "./statistics.ts";

type Quantity = "wallMs" | "cpuMs" | "peakMib";

/** Medians and ratios of a run's samples; NaN without samples. */
export interface Results {
  /** The median of a peer's measurements for a workload. */
  middle(workload: string, peer: string, quantity?: Quantity): number;
  /** The median of the ratios of two peers' times, round by round. */
  against(workload: string, peer: string, reference: string): number;
  /** The median of the ratios of one peer's times for two workloads, round by round. */
  across(peer: string, workload: string, reference: string): number;
}

/** Computes the samples' medians and ratios. */
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
