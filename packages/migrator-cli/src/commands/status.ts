import { describeDatabase, readStatus, type Status, waitForHead } from "@thedata/migrator/internal";
import { count } from "../describe-run.ts";
import { exitCodeOfState, exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { createSettings, type GlobalOptions } from "../settings.ts";

/** `migrator status`: reports the state of the database and gives the exit code. */
export async function runStatus(output: Output, options: GlobalOptions & { exitCode?: boolean }): Promise<number> {
  const { context } = await createSettings(options);
  const status = await readStatus(context);
  report(output, status, describeDatabase(context.dsn));
  return options.exitCode ? exitCodeOfState(status) : exitCodes.done;
}

/** `migrator wait`: waits until the schema is at this build's head and gives the exit code. */
export async function runWait(output: Output, options: GlobalOptions & { timeout: number }): Promise<number> {
  const { context } = await createSettings(options);
  const status = await waitForHead(context, options.timeout * 1000, (state) =>
    output.line(`Waiting: the database is ${state}`),
  );
  report(output, status, describeDatabase(context.dsn));
  if (status.compatible === true) return exitCodes.done;
  if (exitCodeOfState(status) === exitCodes.behind)
    output.error(
      `The database is still ${status.state} after ${options.timeout} s: is a migrator running? See "migrator status".`,
    );
  return exitCodeOfState(status);
}

const colors = {
  current: "green",
  empty: "yellow",
  behind: "yellow",
  ahead: "red",
  diverged: "red",
  "half-done": "red",
} as const;

const meanings = {
  current: "everything is applied",
  empty: "nothing is applied yet",
  behind: "migrations are pending",
  ahead: "the database has migrations that this build does not know",
  diverged: "history and ledger disagree",
  "half-done": "a migration was interrupted and is neither applied nor reverted",
} as const;

function report(output: Output, status: Status, database: string): void {
  output.document({
    ...status,
    applied: status.applied.map(({ name, appliedAt, checksum, durationMs }) => ({
      name,
      appliedAt,
      checksum,
      durationMs,
    })),
  });
  output.line(`database ${database}`);
  output.line(`state    ${output.paint(colors[status.state], status.state)} (${meanings[status.state]})`);
  output.line(`head     ${status.head ?? "none"}`);
  output.line(`target   ${status.target ?? "none"}`);
  output.line(`applied  ${count(status.applied.length, "migration")}`);
  if (status.runner)
    output.line(
      `runner   ${status.runner.applicationName} is running (process ${status.runner.pid}, since ${status.runner.since})`,
    );
  output.line(`pending  ${count(status.pending.length, "migration")}`);
  const held = new Set(status.held.map(({ name }) => name));
  for (const { name } of status.pending) output.line(`  ${name}${held.has(name) ? "  (held)" : ""}`);
  if (status.state === "ahead" || status.state === "behind")
    for (const line of describeRelease(output, status)) output.line(line);
  for (const { code, message } of status.problems) output.line(`${output.paint("red", code)}: ${message}`);
}

/** Whether this build works on the schema, and what stands against it. */
function describeRelease(output: Output, { compatible, findings }: Status): string[] {
  if (compatible === null) return [];
  const [color, text] = compatible
    ? (["green", "this build works on the schema"] as const)
    : (["red", "this build does not work on the schema"] as const);
  return [`release  ${output.paint(color, text)}`, ...findings.map((finding) => `  ${finding}`)];
}
