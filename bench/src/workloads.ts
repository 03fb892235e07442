/** A task on a history of `size` migrations, run in a whole process. */
export interface Workload {
  readonly id: string;
  readonly title: string;
  /** "gate": `up` with nothing to do; "apply": `up` from empty; "undo": revert the last hundred; "list": list all. */
  readonly kind: "gate" | "apply" | "undo" | "list";
  readonly size: number;
  readonly rounds: number;
  /** Workloads of one phase share their rounds: our W2 is compared with our W1. */
  readonly phase: number;
  /** Only our command runs it. */
  readonly oursAlone?: boolean;
}

/** The workloads of a full run, in order: W3 leaves the databases that later ones need. */
export const fullWorkloads: readonly Workload[] = [
  { id: "W3", title: "1,000 from empty, each its own transaction", kind: "apply", size: 1000, rounds: 3, phase: 1 },
  { id: "W1", title: "`up`, 4 applied, nothing to do", kind: "gate", size: 4, rounds: 15, phase: 2 },
  { id: "W2", title: "`up`, 1,000 applied, nothing to do", kind: "gate", size: 1000, rounds: 15, phase: 2 },
  { id: "W5", title: "list of 1,000", kind: "list", size: 1000, rounds: 10, phase: 2 },
  { id: "W4", title: "100 of 1,000 down", kind: "undo", size: 1000, rounds: 5, phase: 3 },
  {
    id: "W6",
    title: "10,000 from empty, ours alone",
    kind: "apply",
    size: 10_000,
    rounds: 1,
    phase: 4,
    oursAlone: true,
  },
];

const smokeSizes: Record<string, number> = { W1: 4, W2: 20, W3: 20, W4: 20, W5: 20, W6: 40 };

/** The workloads in small sizes, which only show that everything works. */
export const smokeWorkloads: readonly Workload[] = fullWorkloads.map((workload) => {
  const size = smokeSizes[workload.id] ?? workload.size;
  return { ...workload, size, rounds: Math.min(2, workload.rounds), title: `${workload.title} (smoke: ${size})` };
});
