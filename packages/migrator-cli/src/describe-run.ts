import {
  type Blocker,
  type Event,
  MigrationFailedError,
  type Report,
  type StepResult,
  terminate,
} from "@thedata/migrator/internal";
import { describeProgress } from "./describe-backfill.ts";
import { describeError, toDocument } from "./describe-error.ts";
import type { Output } from "./output.ts";
import { createSpinner } from "./spinner.ts";

const marks = { applied: "✔", reverted: "✔", failed: "✖", notRun: "·", planned: "·", held: "‖" } as const;
const colors = {
  applied: "green",
  reverted: "green",
  failed: "red",
  notRun: "dim",
  planned: "cyan",
  held: "yellow",
} as const;
const words = {
  applied: "applied",
  reverted: "reverted",
  failed: "failed",
  notRun: "not run",
  planned: "would run",
  held: "held",
} as const;

/** Reports a run's events: a line for each migration, and a spinner on a terminal for the running one. */
export function followRun(output: Output): (event: Event) => void {
  const spinner = createSpinner();
  let total = 0;
  let done = 0;
  let told = 0;
  let toldAt = -Infinity;
  return (event) => {
    if (event.type === "planned") {
      total = event.plan.steps.length;
      if (output.isInteractive()) spinner.load();
    }
    if (event.type === "started") spinner.turn(`[${done + 1}/${total}] ${event.name}`);
    if (event.type === "finished") {
      done++;
      told = 0;
      spinner.stop();
    }
    if (event.type === "running") {
      if (output.isInteractive()) spinner.turn(`[${done + 1}/${total}] ${describeActivity(event)}`);
      // A line every ten seconds is enough for a log.
      if (Math.floor(event.elapsedMs / quietMs) <= told) return;
      told = Math.floor(event.elapsedMs / quietMs);
    }
    if (event.type === "backfill") {
      // `backfill run` plans nothing.
      if (output.isInteractive() && total === 0) {
        total = 1;
        spinner.load();
      }
      if (output.isInteractive()) return spinner.turn(`[${done + 1}/${total}] ${describeProgress(event, true)}`);
      const now = performance.now();
      if (now - toldAt < quietMs) return;
      toldAt = now;
    }
    output.event(event);
    const text = describeEvent(output, event);
    if (text !== undefined) spinner.above(() => output.line(text));
  };
}

function describeEvent(output: Output, event: Event): string | readonly string[] | undefined {
  switch (event.type) {
    case "planned":
      return describePlan(event);
    case "unsigned":
      return "No MIGRATOR_UNDO_KEY is set: digests guard the undo in the ledger against accidents, not against somebody who may write the ledger.";
    case "ahead":
      return `The database is ahead of this build by ${count(event.unknown.length, "migration")}, and this build works there.`;
    case "held":
      return output.paint("yellow", `Held: ${event.message}`);
    case "unrecorded":
      return `There is no ledger, but ${count(event.tables, "table")}: if these migrations made what is there, ${event.advice}.`;
    case "finding":
      return event.severity === "error" ? describeFinding(output, event) : undefined;
    case "unreachable":
    case "waiting":
    case "blocked":
      return describeWaiting(event);
    case "running":
      return output.isInteractive() || event.elapsedMs < quietMs ? undefined : describeActivity(event);
    case "backfill":
      return describeProgress(event, false);
    case "notice":
      return `${event.name}: ${event.severity}: ${event.message}`;
    case "timeouts":
      return `This run overrides the role's ${Object.entries(event.settings)
        .map(([name, value]) => `${name} = ${value}`)
        .join(", ")}; --statement-timeout sets another limit`;
    case "retrying":
      return `${event.name} did not get its lock in time; attempt ${event.attempt + 1} in ${(event.pauseMs / 1000).toFixed(1)} s`;
    case "finished":
      return describeStep(output, event.step);
    default:
      return undefined;
  }
}

/** What a run or a statement waits for. */
function describeWaiting(event: Extract<Event, { type: "unreachable" | "waiting" | "blocked" }>): string {
  if (event.type === "unreachable") return `Waiting for the database: ${event.message}`;
  if (event.type === "blocked")
    return `${event.name} waits for ${event.blockers.map(describeBlocker).join(", and for ")}`;
  const { applicationName, pid, host, since } = event.holder;
  return `Waiting for the lock: ${applicationName || "a session"} holds it (process ${pid}, from ${host ?? "a local socket"}, since ${since})`;
}

/** What is about to be done; where a part of it comes from the ledger, which part. */
function describePlan({ plan, database }: Extract<Event, { type: "planned" }>): string[] {
  const { direction, steps, fromLedger = [] } = plan;
  const [verb, preposition] = direction === "up" ? ["Applying", "to"] : ["Reverting", "in"];
  const origin = (name: string) => (fromLedger.includes(name) ? "by the undo in the ledger" : "by its file");
  return [
    `${verb} ${count(steps.length, "migration")} ${preposition} ${database}`,
    ...(fromLedger.length > 0 ? steps.map((name) => `  · ${name} ${origin(name)}`) : []),
  ];
}

const quietMs = 10_000;

function describeActivity({ name, elapsedMs, command, progress }: Extract<Event, { type: "running" }>): string {
  const text = command.trim().replaceAll(/\s+/g, " ");
  const short = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return `${name} has been running for ${(elapsedMs / 1000).toFixed(0)} s: ${short}${progress === null ? "" : ` (${progress})`}`;
}

function describeBlocker({ pid, applicationName, state, queryAgeSeconds }: Blocker): string {
  return `${applicationName || "a session"} (process ${pid}, ${state}, its query ${queryAgeSeconds.toFixed(0)} s old)`;
}

/** What the linter calls an error; the rest is in `migrator lint`. */
function describeFinding(
  output: Output,
  { migration, rule, message, hint }: Extract<Event, { type: "finding" }>,
): string {
  const out = hint === undefined ? "" : `. Instead: ${hint}`;
  return `  ${output.paint("yellow", `! ${rule}`)}  ${migration}: ${message}${out}`;
}

function describeStep(output: Output, { name, result, durationMs, statements, source }: StepResult): string {
  const mark = output.paint(colors[result], `${marks[result]} ${words[result].padEnd(8)}`);
  const cost =
    result === "notRun" || result === "failed" || result === "held"
      ? ""
      : output.paint("dim", `  ${count(statements, "statement")}, ${milliseconds(durationMs)}`);
  const origin = source === "ledger" ? output.paint("dim", "  from the ledger") : "";
  return `  ${mark} ${name}${origin}${cost}`;
}

/** Reports the result of a run on `database`: the summary for people, or the whole report for programs. */
export function reportRun(output: Output, report: Report, database: string): void {
  output.document({ ...report, error: report.error ? toDocument(report.error) : null });
  if (output.json) return;
  for (const line of describeReport(output, report, database)) output.line(line);
  for (const line of complain(output, report)) output.error(line);
}

function describeReport(output: Output, { outcome, steps, sql }: Report, database: string): string[] {
  const total = steps.reduce((sum, step) => sum + step.durationMs, 0);
  switch (outcome) {
    case "nothing":
      if (steps.length > 0) return describeHeld(steps);
      return [output.paint("green", `Nothing to do: ${database} is where it should be.`)];
    case "planned":
      return (sql ?? []).flatMap(({ name, statements }, index) => [
        output.paint("cyan", `-- ${name}${steps[index]?.source === "ledger" ? ", by the undo in the ledger" : ""}`),
        ...statements.flatMap((statement) => terminate(statement).split(/\r?\n/)),
        "",
      ]);
    case "applied":
    case "reverted":
      return [
        output.paint(
          "green",
          `${outcome === "applied" ? "Applied" : "Reverted"} ${count(steps.filter(({ result }) => result !== "held").length, "migration")} in ${milliseconds(total)}.`,
        ),
        ...describeHeld(steps),
      ];
    default:
      return steps.filter(({ result }) => result === "notRun").map((step) => describeStep(output, step));
  }
}

/** What waits, for what, and how it goes on. */
function describeHeld(steps: readonly StepResult[]): string[] {
  const [first, ...after] = steps.filter(({ result }) => result === "held");
  if (!first) return [];
  // Why, its event has said.
  if (first.heldBy === "release")
    return [`${count(after.length + 1, "migration")} held back for a release that must work.`];
  const rest =
    after.length === 0 ? "" : `, and ${count(after.length, "migration")} after it wait${after.length === 1 ? "s" : ""}`;
  return [
    `${first.name} changes a large table in batches${rest}: run "migrator backfill run", then "migrator up" again; or "migrator up --wait".`,
  ];
}

function complain(output: Output, { outcome, problems, error, steps }: Report): string[] {
  if (outcome === "refused" && !error)
    return [
      output.paint("red", "Refused, nothing was changed:"),
      ...problems.map(({ code, message }) => `  ${code}: ${message}`),
    ];
  return error ? [...describeError(output, error), ...(outcome === "failed" ? [nextStep(steps, error)] : [])] : [];
}

function nextStep(steps: readonly StepResult[], error: Error): string {
  const undone =
    error instanceof MigrationFailedError && error.rolledBack ? `${error.migration} was rolled back. ` : "";
  const done = steps.filter(({ result }) => result === "applied" || result === "reverted").length;
  const rest = steps.filter(({ result }) => result === "notRun").length;
  const before =
    done > 0
      ? `${count(done, "migration")} before it ${done === 1 ? "stays" : "stay"} done`
      : "No other migration was touched";
  return `${undone}${before}; ${rest === 0 ? "it was the last one" : `${rest} did not run`}. Correct the cause and run the same command again: the run continues from here.`;
}

/** `3 migrations`, `1 migration`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** `12 ms`, `3.4 s`. */
export function milliseconds(duration: number): string {
  return duration < 1000 ? `${Math.round(duration)} ms` : `${(duration / 1000).toFixed(1)} s`;
}
