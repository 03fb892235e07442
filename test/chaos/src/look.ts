import { run } from "./command.ts";
import { findFaults, findHalfDone, type ProblemDocument, readDocument, type StatusDocument } from "./judge.ts";
import type { Log } from "./log.ts";
import type { Direction, Migration } from "./migration.ts";
import { compare, type Snapshot, takeSnapshot } from "./snapshot.ts";
import type { Stage } from "./stage.ts";
import { candidatesFor, type Standing } from "./standing.ts";

/** The state of a database when no session works on it any more. */
export interface View {
  readonly ledger: readonly string[];
  /** The half-done step that `status` reports. */
  readonly half: ProblemDocument | undefined;
  readonly standing: Standing;
  /** True: rows and schema are those of whole migrations, exactly the ones in the ledger. */
  readonly settled: boolean;
}

/** Waits until no session works on the database, reads its state, and compares it with what `status` reports. */
export async function look(
  stage: Stage,
  log: Log,
  standing: Standing,
  { direction, crashed }: { readonly direction: Direction; readonly crashed: boolean },
): Promise<View> {
  const { observer, database, history } = stage;
  await observer.untilAlone(database);
  const ledger = await observer.readLedger(database);
  if (!history.slice(0, ledger.length).every(({ name }, index) => name === ledger[index]))
    log.diverge("ledger", `it holds ${ledger.join(", ")}`);
  const candidates = candidatesFor(standing, direction, ledger.length, crashed);
  if (candidates.length === 0)
    log.diverge("lost", `${ledger.length} migrations are in the ledger, which no way leads to`);
  const snapshot = await takeSnapshot(observer, database);
  const matching = [];
  for (const trace of candidates)
    if (compare(snapshot, await stage.reference.after(trace)).length === 0) matching.push(trace);
  const settled = matching.length > 0;
  const traces = settled ? matching : candidates;
  const wanted = await stage.reference.after(traces[0] ?? []);
  const half = await askStatus(stage, log, { ledger, settled, differences: compare(snapshot, wanted) });
  if (half && stage.random.chance(0.2)) await askOthers(stage, log, half);
  const floor = Math.min(standing.floor, ...traces.map(({ length }) => length));
  return { ledger, half, settled, standing: { traces, floor } };
}

interface Truth {
  readonly ledger: readonly string[];
  readonly settled: boolean;
  readonly differences: readonly string[];
}

/** The half-done step that `status` reports; logs a divergence where the report is wrong. */
async function askStatus(stage: Stage, log: Log, truth: Truth): Promise<ProblemDocument | undefined> {
  const { history, project, server, database } = stage;
  const ending = await run(project, server.dsn(database), ["status", "--json", "--exit-code"]);
  const untouched = { json: true, killed: false, early: false, twice: false };
  for (const fault of findFaults(ending, untouched)) log.diverge("exit code", `status: ${fault}`);
  const status = readDocument<StatusDocument>(ending.stdout);
  if (!status) return undefined;
  if (ending.code !== codes[status.state])
    log.diverge("exit code", `status --exit-code says ${status.state} and ends with ${ending.code}`);
  const half = findHalfDone(status.problems);
  const { ledger, settled, differences } = truth;
  const possible = [history[ledger.length], history[ledger.length - 1]].filter((one) => one?.transactional === false);
  const named = possible.find((migration) => migration?.name === half?.migration);
  if (half && !named) log.diverge("status", `${half.migration ?? "nothing"} cannot be half done: ${half.message}`);
  if (settled && !half) expectState(log, status, stateAt(history, ledger.length));
  if (!settled && possible.length === 0) tell(log, differences);
  if (!settled && possible.length > 0 && !half)
    log.diverge(
      "status",
      `it says ${status.state} at ${ledger.length} of ${history.length} while one of ${possible.map((one) => one?.name).join(", ")} is half done: ${shorten(differences)}`,
    );
  return half;
}

/** Checks that `history` and `wait` report the half-done step too. */
async function askOthers(
  { project, server, database }: Stage,
  log: Log,
  { migration }: ProblemDocument,
): Promise<void> {
  const dsn = server.dsn(database);
  const history = await run(project, dsn, ["history", "--json"]);
  const told = readDocument<{ readonly halfDone?: { readonly migration: string } | null }>(history.stdout);
  if (told?.halfDone?.migration !== migration)
    log.diverge("status", `history does not say that ${migration} is half done`);
  const { code } = await run(project, dsn, ["wait", "--timeout", "1"]);
  if (code !== 3) log.diverge("exit code", `wait ends with ${code} while ${migration} is half done`);
}

const codes: Readonly<Record<string, number>> = {
  current: 0,
  empty: 6,
  behind: 6,
  ahead: 7,
  diverged: 3,
  "half-done": 3,
};

function expectState(log: Log, { state, problems }: StatusDocument, wanted: string): void {
  if (state === wanted) return;
  log.diverge(
    "status",
    `it says ${state} where ${wanted} is right: ${problems.map(({ message }) => message).join("; ")}`,
  );
}

function stateAt({ length }: readonly Migration[], position: number): string {
  if (position === length) return "current";
  return position === 0 ? "empty" : "behind";
}

/** Logs differences of rows and schema where no step can be half done. */
export function tell(log: Log, differences: readonly string[]): void {
  const rows = differences.filter((line) => /^[-+] row /.test(line));
  const schema = differences.filter((line) => !/^[-+] row /.test(line));
  if (rows.length > 0) log.diverge("rows", shorten(rows));
  if (schema.length > 0) log.diverge("schema", shorten(schema));
}

function shorten(lines: Snapshot): string {
  const shown = lines.slice(0, 6).map((line) => line.replaceAll(/\s+/g, " ").slice(0, 160));
  return [...shown, ...(lines.length > 6 ? [`and ${lines.length - 6} more`] : [])].join(" | ");
}
