import { readFile } from "node:fs/promises";
import { verdicts } from "@thedata/migrations";
import type { OwnRelease } from "@thedata/migrator/status";
import models from "@thedata/models/package.json" with { type: "json" };

/** The release of the models that this build has: `@thedata/models@0.1.0`. */
export const ownRelease = `${models.name}@${models.version}`;

/** The `application_name` of this build's sessions: the runner sees by it which releases are connected. */
export function applicationName(part: string): string {
  return `thedata-api${part} ${ownRelease}`;
}

/** What the readiness needs to tell whether this build works on a schema that it was not made for. */
export function describeOwnRelease(withSession?: OwnRelease["withSession"]): OwnRelease {
  return {
    withSession,
    judged: new Map(),
    loadContract: async () => {
      const { parseContract } = await import("@thedata/releases");
      const file = new URL(import.meta.resolve("@thedata/models/contract.json"));
      return parseContract(await readFile(file, "utf8"), "contract.json");
    },
    // Whether or not the older release is retired: until the step is applied, this build must serve without it.
    isHeld: async (migration) => verdicts.some((one) => one.migration === migration && one.ends),
  };
}
