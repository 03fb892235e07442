import { promises } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

let calls = 0;

/** How many calls to the file system there were so far. */
export const countCalls = (): number => calls;

/** From now on, this process dies at the file system call of this number: kill -9, from within; 0: never. */
export function dieAtCall(fatal: number): void {
  for (const call of ["writeFile", "rename", "rm", "open"] as const) {
    const original = promises[call] as (...all: unknown[]) => Promise<unknown>;
    (promises as unknown as Record<string, unknown>)[call] = async (...all: unknown[]) => {
      if (++calls === fatal) process.kill(process.pid, "SIGKILL");
      return await original.apply(promises, all);
    };
  }
  syncBuiltinESMExports();
}
