import { type Command, Option } from "commander";
import { command, type Register, shadowOption, wholeNumber } from "./command-parts.ts";

/** Adds lint, trace, stats and review: what migrations do to a live database. */
export function addSafetyCommands(program: Command, on: Register): void {
  addReviewCommand(program, on);
  const lint = command(program, "lint", "says what migrations would do to a live database: locks, rewrites, losses", [
    "migrator lint add_widgets",
    "migrator lint --base origin/main --stats stats.json",
    "migrator lint --no-shadow --sarif lint.sarif",
    "migrator lint --fix --dry-run add_widgets",
  ])
    .argument("[NAME...]", "migrations: names, time stamps or parts that fit one (default: those the database lacks)")
    .option("--base <REF>", "the migrations that git does not have at this commit")
    .addOption(
      new Option("--stats <FILE>", "weighs findings by the tables' sizes, from a file of stats").conflicts("statsFrom"),
    )
    .option("--stats-from <URL>", "weighs findings by the tables' sizes, from this database")
    .option("--no-shadow", "replays earlier migrations from their statements alone, without a server")
    .option("--sarif <FILE>", "also writes the findings as SARIF")
    .addOption(new Option("--fix", "first puts safe sequences in the place of these migrations").conflicts(["shadow"]))
    .addOption(new Option("--dry-run", "with --fix: shows the sequences and writes nothing").implies({ fix: true }))
    .addOption(shadowOption());
  const trace = command(
    program,
    "trace",
    "runs a migration on a shadow database full of rows and measures each statement",
    ["migrator trace add_widgets", "migrator trace --rows 1000 --stats stats.json"],
  )
    .argument("[NAME]", "the migration: its name, time stamp or a part that fits one (default: the last one)")
    .option("--rows <N>", "how many rows each table is to have (default: 100)", wholeNumber)
    .addOption(
      new Option("--stats <FILE>", "forecasts by the tables' sizes, from a file of stats").conflicts("statsFrom"),
    )
    .option("--stats-from <URL>", "forecasts by the tables' sizes, from this database")
    .addOption(shadowOption());
  const stats = command(program, "stats", "writes the sizes and activity of a database's tables, for lint --stats", [
    "migrator stats --out stats.json",
  ]).option("--out <FILE>", "the file (default: standard output)");
  on(lint, async () => {
    const { runLint } = await import("./commands/lint.ts");
    return (output, options, ...names) => runLint(output, names.flat(), options);
  });
  on(trace, async () => {
    const { runTrace } = await import("./commands/trace.ts");
    return (output, options, name) => runTrace(output, options, name);
  });
  on(stats, async () => (await import("./commands/lint.ts")).runStats);
}

function addReviewCommand(program: Command, on: Register): void {
  const review = command(program, "review", "one page for one change: what it locks, loses, proves, and its way back", [
    "migrator review --base origin/main --out review.html",
    "migrator review add_widgets --markdown",
  ])
    .argument("[NAME...]", "migrations: names, time stamps or parts that fit one (default: the last one)")
    .option("--base <REF>", "the migrations that git does not have at this commit")
    .option("--out <FILE>", "also writes the page as HTML")
    .option("--markdown", "the page for a comment on a pull request")
    .option("--rows <N>", "how many rows each table is to have when it is measured (default: 100)", wholeNumber)
    .addOption(new Option("--stats <FILE>", "weighs by the tables' sizes, from a file of stats").conflicts("statsFrom"))
    .option("--stats-from <URL>", "weighs by the tables' sizes, from this database")
    .addOption(shadowOption());
  on(review, async () => {
    const { runReview } = await import("./commands/review.ts");
    return (output, options, ...names) => runReview(output, names.flat(), options);
  });
}
