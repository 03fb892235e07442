import { type ChildProcess, spawn } from "node:child_process";

export interface TetherOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Sent when the tether is cut. */
  readonly signal: "INT" | "TERM";
}

/** A program that ends when we do, however we end: even `kill -9` closes our end of the pipe. */
export interface Tethered {
  /** Its exit code once it has ended, by itself or by `release`. */
  readonly ended: Promise<number | null>;
  readonly process: ChildProcess;
  /** Sends the signal and waits for the end. */
  release(): Promise<void>;
}

// One process waits for the program, one for the end of our pipe; whichever comes first ends the other,
// with SIGKILL where the signal is not heeded.
const tether = `exec 3<&0; signal=$1; shift
"$@" </dev/null 3<&- & program=$!
{ cat <&3 >/dev/null; kill -$signal $program; sleep 30; kill -KILL $program; } >/dev/null 2>&1 & watcher=$!
exec 3<&-; wait $program; code=$?
kill $watcher 2>/dev/null; exit $code`;

/** Starts a program on a tether, in a session of its own: Ctrl-C in the terminal reaches us alone. */
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
