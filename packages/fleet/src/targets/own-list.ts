import { createHash } from "node:crypto";
import path from "node:path";
import { readTargets, type TargetSource } from "./read-targets.ts";
import type { Target } from "./target.ts";

/** Says which list it is, without what it may hold: a file, a query, a command, or the function of the configuration. */
export function describeSource(targets: TargetSource | undefined): string {
  if (typeof targets === "string") return `file ${path.resolve(targets)}`;
  if (typeof targets === "function" || targets === undefined) return "function";
  const text = "sql" in targets ? targets.sql : targets.command;
  return `${"sql" in targets ? "query" : "command"} ${createHash("sha256").update(text).digest("hex")}`;
}

/** The list as it is now; a list that cannot be had, or has faults, ends no run. */
export async function listAgain(
  targets: TargetSource | undefined,
  tell: (trouble: string) => void,
): Promise<readonly Target[] | undefined> {
  if (targets === undefined) return undefined;
  try {
    return (await readTargets(targets)).targets;
  } catch (error) {
    tell((error as Error).message);
    return undefined;
  }
}
