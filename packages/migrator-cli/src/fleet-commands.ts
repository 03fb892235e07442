import { type Command, InvalidArgumentError } from "commander";
import { type Action, command, type Register, wholeNumber } from "./command-parts.ts";
import { toSeconds } from "./seconds.ts";

/** Adds `fleet …`: the same for thousands of databases. */
export function addFleetCommands(program: Command, on: Register): void {
  const fleet = command(program, "fleet", "migrates many databases, or the schemas of many tenants, in waves", [
    "migrator fleet init",
    "migrator fleet plan --targets tenants.csv",
    "migrator fleet up --waves canary,10%,100% --bake 10m",
  ])
    .option("--control-dsn <URL>", "the control database, which knows the runs (default: FLEET_DSN)")
    .option(
      "--targets <FILE>",
      "the list of targets: CSV with a line of names, or JSON; columns id, dsn, schema, server, wave",
    );
  const load = async () => await import("./commands/fleet.ts");
  const add: Add = (name, description, examples, action) => {
    const one = command(fleet, name, description, examples);
    on(one, async () => (await load())[action] as Action);
    return one;
  };
  add(
    "init",
    "makes or completes the tables of runs and queue in the control database",
    ["migrator fleet init"],
    "runFleetInit",
  );
  add(
    "check",
    "names every fault of the list, and every target that cannot be reached",
    ["migrator fleet check"],
    "runFleetCheck",
  );
  addRunCommands(add);
  addWorkCommands(add);
}

type FleetAction = keyof typeof import("./commands/fleet.ts");
type Add = (name: string, description: string, examples: string[], action: FleetAction) => Command;

function addRunCommands(add: Add): void {
  const plan = add(
    "plan",
    "shows the waves that up would run; changes nothing",
    ["migrator fleet plan"],
    "runFleetPlan",
  );
  const up = add(
    "up",
    "brings every target to the head, in waves, and follows the run",
    [
      "migrator fleet up",
      "migrator fleet up --waves canary,1%,10%,100% --bake 10m --max-failed 2",
      "migrator fleet up --detach",
    ],
    "runFleetUp",
  );
  for (const one of [plan, up])
    one.option("--waves <LIST>", "names, shares and numbers of targets (default: canary,1%,10%,100%)");
  up.option(
    "--bake <TIME>",
    "how long a wave is watched before the next one, as 300, 300s or 5m (default: 0)",
    duration,
  )
    .option(
      "--max-failed <N>",
      "how many targets of a wave may fail: a number, or a share such as 1% (default: none of a canary, else 1%)",
    )
    .option(
      "--max-active <N>",
      "how many targets may be at work in all (default: as the servers' limits allow)",
      wholeNumber,
    );
  const down = add(
    "down",
    "brings every target of a run back to where it was before that run",
    ["migrator fleet down 12"],
    "runFleetDown",
  ).argument("<RUN>", "the number of the run", wholeNumber);
  for (const one of [up, down])
    one
      .option("--detach", "begins the run and leaves it to the workers")
      .option("--no-work", "follows the run without being a worker of it")
      .option("--concurrency <N>", "how many targets this process works on at once (default: 16)", wholeNumber);
  for (const [name, description, action] of [
    ["status", "shows a run as it stands", "runFleetStatus"],
    ["stop", "stops a run after the migrations under way", "runFleetStop"],
    ["resume", "goes on with a run that was stopped", "runFleetResume"],
    ["retry", "tries what failed again, and goes on with the run", "runFleetRetry"],
    ["report", "tells what a run did to each target", "runFleetReport"],
  ] as const) {
    const one = add(name, description, [`migrator fleet ${name}`, `migrator fleet ${name} 12`], action);
    one.argument("[RUN]", "the number of the run (default: the newest)", wholeNumber);
    if (name === "status") one.option("--exit-code", "0 done, 5 failures, 6 behind or under way, 7 ahead");
    if (name === "stop") one.option("--now", "cancels the statements under way, too");
    if (name === "report")
      one
        .option("--html", "as a page")
        .option("--markdown", "as a text with tables")
        .option("--out <FILE>", "into a file");
  }
}

function addWorkCommands(add: Add): void {
  add(
    "work",
    "works on the targets of all runs until it is told to end",
    ["migrator fleet work"],
    "runFleetWork",
  ).option("--concurrency <N>", "how many targets at once (default: 16)", wholeNumber);
}

function duration(text: string): number {
  const seconds = toSeconds(text);
  if (seconds !== undefined) return seconds;
  throw new InvalidArgumentError("It takes a time such as 300, 300s, 5m or 1h.");
}
