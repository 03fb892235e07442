import { exitCodes } from "./exit-codes.ts";

// The descriptor, not the value: reading `process.stdout` creates the stream.
const own = Object.getOwnPropertyDescriptor(process, "stdout");
let stream: typeof process.stdout | undefined;

/**
 * Standard output, created at its first use: most starts query the server first, and create the stream while they wait.
 */
export function standardOutput(): typeof process.stdout {
  if (stream) return stream;
  stream = (own?.get ? own.get.call(process) : own?.value) as typeof process.stdout;
  // A pipe's reader may stop early, and a disk be full: the migrations go on, and the exit code says what was lost.
  stream.on("error", fail);
  return stream;
}

let failed = false;

function fail({ code, message }: NodeJS.ErrnoException): void {
  if (failed || code === "EPIPE" || code === "ERR_STREAM_DESTROYED") return;
  failed = true;
  process.stderr.write(`error: Standard output cannot be written: ${message}\n`);
  process.on("exit", (exitCode) => {
    if (exitCode === 0) process.exitCode = exitCodes.bug;
  });
}

/**
 * Reserves standard output for the command: what a migration or configuration prints to the console or `process.stdout`
 * goes to standard error. Otherwise psql would run it, and programs could not parse the JSON document.
 */
export function keepStandardOutput(): void {
  Object.defineProperty(process, "stdout", { configurable: true, enumerable: true, get: () => process.stderr });
}
