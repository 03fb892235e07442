import { exitCodeOfReport } from "./exit-codes.ts";
import { createOutput } from "./output.ts";
import type { GlobalOptions } from "./settings.ts";

const commands = ["up", "status", "history"] as const;
const flags: Readonly<Record<string, object>> = {
  "--json": { json: true },
  "--quiet": { quiet: true },
  "--no-color": { color: false },
};
const values: Readonly<Record<string, keyof GlobalOptions>> = {
  "--migrations": "migrations",
  "--dsn": "dsn",
  "--config": "config",
  "--schema": "schema",
};

/** A command line that is read without Commander. */
export interface QuickCall {
  readonly command: (typeof commands)[number];
  /** The options as Commander would give them. */
  readonly options: GlobalOptions & { readonly color: boolean };
}

/**
 * Reads the command lines of container starts, `up`, `status` or `history` with common options only, without Commander,
 * which takes longer to load than the command to run. Undefined for all others, including mistakes.
 */
export function readQuickly([name, ...rest]: readonly string[]): QuickCall | undefined {
  const command = commands.find((one) => one === name);
  let options: QuickCall["options"] = { color: true };
  const allowed = name === "up" ? { ...flags, "--wait": { wait: true } } : flags;
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index] ?? "";
    const option = Object.hasOwn(values, word) ? values[word] : undefined;
    const value = option && rest[++index];
    if (name === "up" && word === "--phase" && rest[index + 1] === "expand") {
      options = { ...options, phase: rest[++index] } as QuickCall["options"];
      continue;
    }
    if (word === "--wait-for-database" && name === "up" && /^\d+$/.test(rest[index + 1] ?? "")) {
      options = { ...options, waitForDatabase: Number(rest[++index]) } as QuickCall["options"];
      continue;
    }
    if (option ? !value || value.startsWith("-") : !Object.hasOwn(allowed, word)) return undefined;
    options = { ...options, ...(option ? { [option]: value } : allowed[word]) };
  }
  return command && { command, options };
}

/** How the command ended. */
export interface QuickResult {
  readonly exitCode: number;
  /** True when no migration ran, so that none can have left code running. */
  readonly over: boolean;
}

/** Runs the command of a `QuickCall`. */
export async function runQuickly({ command, options }: QuickCall): Promise<QuickResult> {
  const output = createOutput(options);
  switch (command) {
    case "up": {
      const report = await (await import("./commands/migrate.ts")).runUpForReport(output, options);
      return { exitCode: exitCodeOfReport(report), over: report.outcome === "nothing" };
    }
    case "status":
      return { exitCode: await (await import("./commands/status.ts")).runStatus(output, options), over: true };
    case "history":
      return { exitCode: await (await import("./commands/history.ts")).runHistory(output, options), over: true };
  }
}
