import { type ChildProcess, spawn } from "node:child_process";

export interface TetherOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Sent when the tether closes. */
  readonly signal: "INT" | "TERM";
}

/** A program that ends when this process ends, even by `kill -9`, which closes our end of the pipe. */
export interface Tethered {
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  readonly process: ChildProcess;
  /** Closes the tether, which sends the signal, and waits for the program's end. */
  release(): Promise<void>;
}

// One process waits for the program, another for the end of our pipe; the first to finish ends the other, with SIGKILL
// if the signal has no effect within 30 s.
const tether = `exec 3<&0; signal=$1; shift
"$@" </dev/null 3<&- & program=$!
{ cat <&3 >/dev/null; kill -$signal $program; sleep 30; kill -KILL $program; } >/dev/null 2>&1 & watcher=$!
exec 3<&-; wait $program; code=$?
kill $watcher 2>/dev/null; exit $code`;

/** Starts a program on a tether, in its own session, so that Ctrl-C in the terminal reaches only this process. */
export function spawnTethered(command: readonly string[], { signal, ...options }: TetherOptions): Tethered {
  const child = spawn("/bin/sh", ["-c", tether, "tether", signal, ...command], {
    ...options,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin?.on("error", () => {});
  child.stdout?.setEncoding("utf8");
  child.stderr?.setEncoding("utf8");
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const release = async () => {
    child.stdin?.end();
    await ended;
  };
  return { ended, process: child, release };
}
