import { ConfigurationError } from "@thedata/migrator/internal";

const limitMs = 60_000;

/**
 * The function that runs `MIGRATOR_PASSWORD_COMMAND` in a shell and gives what it prints, without the end of the line;
 * undefined where the variable is not set. What it prints is in no message.
 */
export function readPasswordCommand({
  MIGRATOR_PASSWORD_COMMAND: command,
}: NodeJS.ProcessEnv): (() => Promise<string>) | undefined {
  if (!command) return undefined;
  return async () => {
    const { execFile } = await import("node:child_process");
    const output = await new Promise<string>((resolve, reject) => {
      execFile("/bin/sh", ["-c", command], { timeout: limitMs }, (error, stdout) => {
        if (error) reject(new ConfigurationError(`MIGRATOR_PASSWORD_COMMAND failed (${describeEnd(error)})`));
        else resolve(stdout);
      });
    });
    const password = output.replace(/\r?\n$/, "");
    if (password === "") throw new ConfigurationError("MIGRATOR_PASSWORD_COMMAND printed nothing");
    return password;
  };
}

function describeEnd({ code, killed }: { code?: unknown; killed?: boolean }): string {
  return killed ? `it took longer than ${limitMs / 1000} s` : `exit code ${String(code)}`;
}
