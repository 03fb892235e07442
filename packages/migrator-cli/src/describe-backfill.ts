import type { BackfillState, Event } from "@thedata/migrator/internal";

type Rows = Pick<BackfillState, "scanned" | "estimate" | "changed">;
type Progress = Extract<Event, { type: "backfill" }>;

const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** `at 2,100,000 of about 5,000,000 rows, 1,900,000 changed`. */
export function describeRows({ scanned, estimate, changed }: Rows): string {
  const of = estimate === null ? "" : ` of about ${number.format(Math.max(estimate, scanned))}`;
  return `at ${number.format(scanned)}${of} rows, ${number.format(changed)} changed`;
}

/** ` (42 %)`; empty where nobody knows how many rows there are. */
export function share({ scanned, estimate }: Pick<Rows, "scanned" | "estimate">): string {
  return estimate === null || estimate === 0 ? "" : ` (${percent(scanned, estimate)} %)`;
}

function percent(scanned: number, estimate: number): number {
  return Math.min(Math.floor((scanned / estimate) * 100), 100);
}

/** One line for a backfill that runs: a bar on a terminal, its rows, speed and what is left. */
export function describeProgress(progress: Progress, bar: boolean): string {
  const { name, scanned, estimate, rowsPerSecond, remainingSeconds, waiting } = progress;
  const drawn = bar && estimate ? `${drawBar(percent(scanned, estimate))} ` : "";
  const left = remainingSeconds === null ? "" : `, ${duration(remainingSeconds)} left`;
  const speed = waiting === null ? `, ${number.format(rowsPerSecond)} rows/s${left}` : `, waits: ${waiting}`;
  return `${name} ${drawn}${describeRows(progress)}${share(progress)}${speed}`;
}

function drawBar(percent: number): string {
  const full = Math.round(percent / 5);
  return "█".repeat(full) + "░".repeat(20 - full);
}

/** `2 h 5 min`, `3 min 20 s`, `12 s`. */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return whole >= 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole} s`;
}
