import { type Command, InvalidArgumentError, Option } from "commander";
import type { Output } from "./output.ts";

/** The code of a command: gives the exit code. */
export type Action = (output: Output, options: never, ...parameters: string[]) => Promise<number>;

/** Registers the code of a command, which is loaded when it runs. */
export type Register = (command: Command, load: () => Promise<Action>) => Command;

/** The option that names a server for shadow databases. */
export function shadowOption(): Option {
  return new Option("--shadow-dsn <URL>", "a server where a shadow database may be made (default: the database's own)");
}

/** Adds the options for a database with a schema per tenant. */
export function withSchemaOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--schema <S>",
        "a tenant's schema, with a ledger of its own; what is marked @shared runs once for the database",
      ).conflicts("shared"),
    )
    .option("--shared", "only what is marked @shared");
}

/** Adds a command with its examples. */
export function command(program: Command, name: string, description: string, examples: string[]): Command {
  const text = examples.map((example) => `  $ ${example}`).join("\n");
  return program
    .command(name)
    .description(description)
    .helpOption("--help", "shows this help")
    .addHelpText("after", `\nExamples:\n${text}`);
}

/** Reads a whole number from 1. Throws an `InvalidArgumentError`. */
export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It takes a whole number from 1.");
}

/** Adds the options of what waits for the database, for other runners and for locks. */
export function withLockOptions(run: Command): Command {
  return run
    .option(
      "--wait-for-database <TIME>",
      "how long to wait for a server that is not up yet; one that refuses the login is not waited for (default: 0)",
      duration,
    )
    .option("--lock-wait <TIME>", "how long to wait for another runner (default: 60)", duration)
    .option(
      "--statement-timeout <TIME>",
      "how long a statement may run; overrides the role's statement_timeout (default: no limit)",
      duration,
    )
    .option("--lock-timeout <TIME>", "how long a statement may wait for a lock on a table (default: 3)", duration)
    .option("--lock-budget <TIME>", "how long to retry such a statement (default: 120)", duration);
}

/** Collects the values of an option that may be given more than once. */
export function repeated(text: string, before: string[] = []): string[] {
  return [...before, text];
}

/** Reads a duration such as `300`, `300s`, `5m` or `1h`, in seconds. Throws an `InvalidArgumentError`. */
export function duration(text: string): number {
  const [, number, unit = ""] = /^(\d{1,6}(?:\.\d{1,3})?)([smh]?)$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError("It takes a duration such as 300, 300s, 5m or 1h.");
  return Number(number) * (units[unit] ?? 1);
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
