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
