import { BrokenMigrationError, InterruptedError } from "@thedata/migrator/internal";
import { describeError, toDocument } from "./describe-error.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { hearSignals } from "./interrupt.ts";
import { hideAddresses, refuseMisplacedAddress } from "./misplaced-address.ts";
import { createOutput } from "./output.ts";
import { readQuickly, runQuickly } from "./quick.ts";
import { keepStandardOutput, standardOutput } from "./standard-output.ts";

const flags = new Set(process.argv.slice(2));
if (flags.has("--no-color")) {
  process.env["NO_COLOR"] = "1";
  // --no-color wins over the environment, but in Node FORCE_COLOR wins over NO_COLOR.
  delete process.env["FORCE_COLOR"];
}

// Keeps a password in --dsn out of the process list.
process.title = "migrator";

const outcomes: Record<number, string> = {
  [exitCodes.locked]: "locked",
  [exitCodes.failed]: "failed",
  [exitCodes.bug]: "failed",
};

keepStandardOutput();

// A promise or timer that a migration did not await fails after its up() or down() has returned.
for (const event of ["uncaughtException", "unhandledRejection"] as const)
  process.on(event, (cause: unknown) => {
    const message = `Code that a migration left running failed: ${cause instanceof Error ? cause.message : String(cause)}. Await everything that it starts.`;
    process.exit(complain(new BrokenMigrationError("", message, { cause })));
  });

hearSignals(() => {
  finished = true;
  process.exit(
    complain(new InterruptedError('Interrupted: the command was stopped immediately; see "migrator status"')),
  );
});

let finished = false;
process.on("exit", (code) => {
  if (finished || code !== 0) return;
  process.stderr.write(
    "error: The process was ended before the command was done, by process.exit() in a migration or configuration file.\n",
  );
  process.exitCode = exitCodes.failed;
});

// While Node cleans up, a signal would no longer be handled and would become the exit code.
process.on("beforeExit", () => process.exit());

void run();

/** A function because the built command is CommonJS, which has no top-level await. */
async function run(): Promise<void> {
  let over = false;
  try {
    refuseMisplacedAddress(process.argv.slice(2));
    const call = readQuickly(process.argv.slice(2));
    if (call) ({ exitCode: process.exitCode, over } = await runQuickly(call));
    else await runProgram();
  } catch (error) {
    process.exitCode = complain(error);
  }
  finished = true;
  // Exits at once: Node's own clean-up takes time and the system frees everything anyway.
  if (over && standardOutput().writableLength === 0)
    // Not synchronously: Node reports a failed write to standard output a moment later.
    setImmediate(() => process.exit());
}

async function runProgram(): Promise<void> {
  const [{ CommanderError }, { createProgram }] = [await import("commander"), await import("./program.ts")];
  try {
    await createProgram((code) => (process.exitCode = code)).parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = complainOfUsage(error);
  }
}

/** Commander has already printed its message; --help and --version also end as errors, with exit code 0. */
function complainOfUsage(error: Error & { readonly exitCode: number }): number {
  if (error.exitCode === 0) return exitCodes.done;
  report(exitCodes.usage, {
    ...toDocument(error),
    code: "usage",
    message: hideAddresses(error.message.replace(/^error: /, ""), process.argv),
  });
  return exitCodes.usage;
}

function complain(error: unknown): number {
  const output = createOutput({});
  output.error(describeError(output, error));
  report(exitCodeOf(error), toDocument(error));
  return exitCodeOf(error);
}

function report(code: number, error: ReturnType<typeof toDocument>): void {
  const problems =
    error.code === "unknown-migration" ? [{ code: error.code, migration: null, message: error.message }] : [];
  createOutput({ json: flags.has("--json") }).document({
    outcome: outcomes[code] ?? "refused",
    steps: [],
    problems,
    error,
  });
}
