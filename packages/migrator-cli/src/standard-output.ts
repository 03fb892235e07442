import { exitCodes } from "./exit-codes.ts";

// Read when it is first used: the stream is made by being asked for.
const own = Object.getOwnPropertyDescriptor(process, "stdout");
let stream: typeof process.stdout | undefined;

/** Standard output, made at its first use: most starts ask the server first, and print while they wait for nobody. */
export function standardOutput(): typeof process.stdout {
  if (stream) return stream;
  stream = (own?.get ? own.get.call(process) : own?.value) as typeof process.stdout;
  // The reader of a pipe may have seen enough: `migrator up --dry-run | head`.
  stream.on("error", (error: NodeJS.ErrnoException) =>
    process.exit(error.code === "EPIPE" ? exitCodes.done : exitCodes.bug),
  );
  return stream;
}

/**
 * From now on standard output is the command's alone: what a migration or configuration prints, to the console or to
 * `process.stdout`, goes to standard error. psql would run it, and a program could not read its document.
 */
export function keepStandardOutput(): void {
  Object.defineProperty(process, "stdout", { configurable: true, enumerable: true, get: () => process.stderr });
}
