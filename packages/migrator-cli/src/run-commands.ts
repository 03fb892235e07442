import { type Command, Option } from "commander";
import { command, type Register, repeated, wholeNumber, withLockOptions, withSchemaOptions } from "./command-parts.ts";

/** Adds `up` and `down`. */
export function addRunCommands(program: Command, on: Register): void {
  addUpCommand(program, on);
  addDownCommand(program, on);
}

function addUpCommand(program: Command, on: Register): void {
  const up = command(program, "up", "applies what is pending", [
    "migrator up",
    "migrator up --to 20240218000100",
    "migrator up --steps 1 --dry-run",
  ])
    .option("--to <M>", "up to and including this migration: its name, time stamp or a part that fits one")
    .option("--steps <N>", "at most N migrations", wholeNumber)
    .option("--dry-run", "shows the SQL and changes nothing")
    .addOption(
      new Option(
        "--phase <PHASE>",
        "expand: applies what every supported release can live with, and holds the rest back",
      ).choices(["expand"]),
    )
    .option("--disregard <V>", "a release whose connected sessions do not hold a step back; repeatable", repeated)
    .option("--wait", "runs the backfills of large tables too, instead of leaving them to backfill run")
    .option("--allow-out-of-order", "also applies migrations that come before one that is applied");
  on(withSchemaOptions(withLockOptions(up)), async () => (await import("./commands/migrate.ts")).runUp);
}

function addDownCommand(program: Command, on: Register): void {
  const down = command(program, "down", "reverts the last applied migration, or several", [
    "migrator down",
    "migrator down --to add_user_roles",
    "migrator down --all --dry-run",
    "migrator down --to add_user_roles --accept-loss drop_legacy",
  ])
    .addOption(
      new Option("--to <M>", "reverts everything that was applied after this migration").conflicts(["steps", "all"]),
    )
    .addOption(new Option("--steps <N>", "reverts the last N migrations").argParser(wholeNumber).conflicts("all"))
    .option("--disregard <V>", "a connected release that may break; repeatable", repeated)
    .option("--all", "reverts everything")
    .addOption(
      new Option(
        "--accept-loss <NAME>",
        "also reverts this migration, which this build has no file of and whose undo in the ledger loses data; repeatable",
      )
        .argParser(repeated)
        .conflicts(["steps", "all"]),
    )
    .option("--dry-run", "shows the SQL and changes nothing");
  on(withSchemaOptions(withLockOptions(down)), async () => (await import("./commands/migrate.ts")).runDown);
}
