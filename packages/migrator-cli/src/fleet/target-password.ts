import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ConfigurationError } from "@thedata/migrator/internal";
import { readVariable } from "../database-address.ts";

type GivePassword = (target: { readonly id: string; readonly address: string }) => Promise<string>;

const limitMs = 60_000;

/**
 * Gives the passwords of targets from the environment: what `FLEET_PASSWORD_COMMAND` prints, which gets `TARGET_ID` and
 * `TARGET_ADDRESS`, or else `FLEET_PASSWORD`, also as `…_FILE`, which is one for all. Undefined: neither is set.
 */
export function readTargetPassword(environment: NodeJS.ProcessEnv): GivePassword | undefined {
  const { FLEET_PASSWORD_COMMAND: command } = environment;
  if (command) return async (target) => await run(command, target);
  const password = readVariable(environment, "FLEET_PASSWORD");
  return password ? async () => await Promise.resolve(password) : undefined;
}

async function run(
  command: string,
  { id, address }: { readonly id: string; readonly address: string },
): Promise<string> {
  const env = { ...process.env, TARGET_ID: id, TARGET_ADDRESS: address };
  const { stdout } = await promisify(execFile)("/bin/sh", ["-c", command], { timeout: limitMs, env }).catch(
    (error: unknown) => {
      // What it printed may be a secret.
      throw new ConfigurationError(
        `FLEET_PASSWORD_COMMAND failed for ${id} (exit code ${String((error as { code?: unknown }).code)})`,
      );
    },
  );
  const password = stdout.replace(/\r?\n$/, "");
  if (password === "") throw new ConfigurationError(`FLEET_PASSWORD_COMMAND printed nothing for ${id}`);
  return password;
}
