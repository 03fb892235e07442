import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "../execute/context.ts";
import { ConnectionError } from "../errors.ts";
import { readStatus } from "./status.ts";
import type { Status } from "../plan/status.ts";

/**
 * Waits until the database is at the head of this history, ahead of it, diverged, or this build works on it, at most `timeoutMs`, and returns
 * the last status. Also waits for a server that cannot be reached yet; throws its `ConnectionError` when time is over.
 */
export async function waitForHead(
  context: Context,
  timeoutMs: number,
  onStatus: (state: string) => void,
): Promise<Status> {
  const deadline = Date.now() + timeoutMs;
  for (let last = ""; ; await sleep(Math.min(500, Math.max(deadline - Date.now(), 1)))) {
    const status = await readStatus(context).catch((error: unknown) => {
      if (error instanceof ConnectionError && Date.now() < deadline) return undefined;
      throw error;
    });
    const state = status?.state ?? "unreachable";
    const isSettled = state === "current" || state === "ahead" || state === "diverged" || status?.compatible === true;
    if (status && (isSettled || Date.now() >= deadline)) return status;
    if (state !== last) onStatus(state);
    last = state;
  }
}
