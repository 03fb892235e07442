import type { Command } from "commander";
import { command, duration, type Register, wholeNumber } from "./command-parts.ts";
import type * as actions from "./commands/fleet.ts";

type Add = (name: string, description: string, examples: string[], action: keyof typeof actions) => Command;

/** Adds `fleet …`: the same for thousands of databases. */
export function addFleetCommands(program: Command, on: Register): void {
  const fleet = command(program, "fleet", "migrates many databases, or the schemas of many tenants, in waves", [
    "migrator fleet init",
    "migrator fleet plan --targets tenants.csv",
    "migrator fleet up --waves canary,10%,100% --bake 10m",
  ])
    .option("--control-dsn <URL>", "the control database, which knows the runs (default: FLEET_DSN)")
    .option("--targets <FILE>", "the list: CSV with a line of names, or JSON; columns id, dsn, schema, server, wave");
  const add: Add = (name, description, examples, action) => {
    const one = command(fleet, name, description, examples);
    on(one, async () => (await import("./commands/fleet.ts"))[action]);
    return one;
  };
  add("init", "makes or completes the fleet's tables in the control database", ["migrator fleet init"], "runFleetInit");
  add("check", "names every fault of the list and its targets", ["migrator fleet check"], "runFleetCheck");
  addBeginning(add);
  add("work", "works on all runs until it is told to end", ["migrator fleet work"], "runFleetWork").option(
    ...concurrency,
  );
  addForRuns(add);
}

const concurrency = ["--concurrency <N>", "how many targets at once (default: 16)", wholeNumber] as const;

/** What begins a run, or would. */
function addBeginning(add: Add): void {
  const plan = add("plan", "shows the waves that up would run", ["migrator fleet plan"], "runFleetPlan");
  const examples = [
    "migrator fleet up",
    "migrator fleet up --waves canary,1%,10%,100% --bake 10m --max-failed 2",
    "migrator fleet up --detach",
  ];
  const up = add("up", "brings every target to the head, in waves, and follows the run", examples, "runFleetUp");
  const back = "brings every target of a run back to where it was before";
  const down = add("down", back, ["migrator fleet down 12"], "runFleetDown");
  for (const one of [plan, up])
    one.option("--waves <LIST>", "names, shares and numbers of targets (default: canary,1%,10%,100%)");
  up.option(
    "--bake <TIME>",
    "how long a wave is watched before the next one, as 300, 300s or 5m (default: 0)",
    duration,
  )
    .option("--max-failed <N>", "how many of a wave may fail: a number or a share (default: no canary, else 1%)")
    .option(
      "--max-active <N>",
      "how many targets at once in all (default: what the servers' limits allow)",
      wholeNumber,
    );
  down.argument("<RUN>", "the number of the run", wholeNumber);
  for (const one of [up, down])
    one
      .option("--detach", "begins the run and leaves it to the workers")
      .option("--no-work", "follows the run without being a worker of it")
      .option(...concurrency);
}

/** What is about a run that is there. */
function addForRuns(add: Add): void {
  const onRun = (name: string, description: string, action: keyof typeof actions) =>
    add(name, description, [`migrator fleet ${name}`, `migrator fleet ${name} 12`], action).argument(
      "[RUN]",
      "the number of the run (default: the newest)",
      wholeNumber,
    );
  onRun("status", "shows a run as it stands", "runFleetStatus").option(
    "--exit-code",
    "0 done, 5 failures, 6 behind or under way, 7 ahead",
  );
  onRun("stop", "stops a run after the migrations under way", "runFleetStop").option(
    "--now",
    "cancels the statements under way, too",
  );
  onRun("resume", "goes on with a run that was stopped", "runFleetResume");
  onRun("retry", "tries what failed again, and goes on with the run", "runFleetRetry");
  onRun("report", "tells what a run did to each target", "runFleetReport")
    .option("--html", "as a page")
    .option("--markdown", "as a text with tables")
    .option("--out <FILE>", "into a file");
}
