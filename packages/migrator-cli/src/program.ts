import { escapeControls, otherTools } from "@thedata/migrator/internal";
import { Command, InvalidArgumentError, Option } from "commander";
import {
  type Action,
  command,
  type Register,
  shadowOption,
  wholeNumber,
  withSchemaOptions,
  duration,
  repeated,
  withLockOptions,
} from "./command-parts.ts";
import { addBackfillCommands } from "./backfill-commands.ts";
import { hideAddresses, refuseAddresses } from "./misplaced-address.ts";
import { createOutput } from "./output.ts";
import { addSafetyCommands } from "./safety-commands.ts";
import { addFleetCommands } from "./fleet-commands.ts";
import { addReleaseCommands } from "./release-commands.ts";
import { addRunCommands } from "./run-commands.ts";
import type { GlobalOptions } from "./settings.ts";
import { standardOutput } from "./standard-output.ts";
import { version } from "./version.ts";

/** Creates the command line. `onExit` gets the exit code of the command; a command's code is loaded when it runs. */
export function createProgram(onExit: (code: number) => void): Command {
  const program = new Command("migrator")
    .description("Moves a PostgreSQL database along a history of MikroORM migrations, so that nothing is lost.")
    .version(version, "--version")
    .helpOption("--help", "shows this help")
    .helpCommand("help [command]", "shows the help of a command")
    .configureHelp({ showGlobalOptions: true })
    .option("--config <FILE>", "the configuration file (default: migrator.config.ts or .js, searched upwards)")
    .option("--migrations <DIR>", "the folder of the migrations")
    .option("--dsn <URL>", "the database: postgresql://user:password@host:port/database")
    .option("--json", "one JSON document on standard output, nothing else there")
    .addOption(new Option("--log-format <FORMAT>", "json: one JSON object per line").choices(["text", "json"]))
    .option("--quiet", "prints errors only")
    .option("--no-color", "no colours")
    .showHelpAfterError('Run "migrator --help" for the commands and options.')
    .configureOutput({ outputError: (text, write) => write(describeUsage(text)) })
    .configureOutput({
      writeOut: (text) => void standardOutput().write(text),
      getOutHelpWidth: () => standardOutput().columns ?? 80,
    })
    .exitOverride();
  const on = (command: Command, load: () => Promise<Action>) =>
    command.action(async (...all: unknown[]) => onExit(await runAction(all, load)));
  on(
    command(program, "init", "sets up the project in this folder: configuration, migrations folder, scripts", [
      "migrator init",
      "migrator init --migrations src/migrations",
    ]),
    async () => (await import("./commands/init.ts")).runInit,
  );
  addRunCommands(program, on);
  addAmendCommands(program, on);
  addBaselineCommand(program, on);
  addReadCommands(program, on);
  addAuthorCommands(program, on);
  addProofCommands(program, on);
  addBackfillCommands(program, on);
  addSafetyCommands(program, on);
  addReleaseCommands(program, on);
  addFleetCommands(program, on);
  return program;
}

async function runAction(all: unknown[], load: () => Promise<Action>): Promise<number> {
  const command = all.at(-1) as Command;
  const options = command.optsWithGlobals<GlobalOptions & { color?: boolean }>();
  const {
    dsn: _,
    shadowDsn: __,
    statsFrom: ___,
    controlDsn: ____,
    ...others
  }: Record<string, unknown> = { ...options };
  refuseAddresses([...command.args, ...Object.values(others)]);
  compileQuickly();
  const action = await load();
  return await action(createOutput(options), options as never, ...(command.processedArgs as string[]));
}

/**
 * PostgreSQL's parser is WebAssembly, which V8 would optimize in the background for longer than most commands run: the
 * process waits for that at its end, half a second.
 */
function compileQuickly(): void {
  const { setFlagsFromString } = process.getBuiltinModule("node:v8");
  for (const flag of ["--no-wasm-tier-up", "--no-wasm-dynamic-tiering"]) setFlagsFromString(flag);
}

/** Commander quotes arguments unescaped. */
function describeUsage(text: string): string {
  return hideAddresses(text, process.argv).split("\n").map(escapeControls).join("\n");
}

function addAmendCommands(program: Command, on: Register): void {
  const repair = command(program, "repair", "accepts migrations that were edited or removed after they were applied", [
    "migrator repair add_user_roles",
    "migrator repair build_index --as reverted",
  ])
    .argument("<NAME...>", "each by its name, time stamp or a part that fits one")
    .option(
      "--as <STATE>",
      "settles a half-done migration: applied, reverted, or N (its first N statements are done)",
      settlement,
    );
  const rebase = command(program, "rebase", "moves a migration that is not applied to the end of the history", [
    "migrator rebase add_widgets",
  ]).argument("<NAME>", "its name, time stamp or a part that fits one");
  const sql = command(program, "sql", "prints the SQL that up or down would send, for psql; needs no database", [
    "migrator sql | psql -v ON_ERROR_STOP=1",
    "migrator sql --from initial_schema --to add_user_roles",
    "migrator sql --down --to initial_schema",
  ])
    .option("--from <M>", "the migration that the database is at (default: an empty database; with --down: the head)")
    .option("--to <M>", "the migration to go to (default: the head; with --down: an empty schema)")
    .option("--down", "prints the SQL of down");
  on(withSchemaOptions(repair), async () => {
    const { runRepair } = await import("./commands/amend.ts");
    return (output, options, names) => runRepair(output, options, [names].flat());
  });
  on(rebase, async () => {
    const { runRebase } = await import("./commands/amend.ts");
    return (output, options, name) => runRebase(output, options, name);
  });
  on(withSchemaOptions(sql), async () => (await import("./commands/sql.ts")).runSql);
}

function addBaselineCommand(program: Command, on: Register): void {
  const baseline = command(
    program,
    "baseline",
    "adopts an existing database: records migrations as applied, runs none",
    [
      "migrator baseline --at 20240218000200",
      "migrator baseline --from alembic",
      "migrator baseline --schema tenant_1 --at 20240218000200",
    ],
  )
    .addOption(new Option("--at <M>", "the migration that the database is at").conflicts("from"))
    .addOption(
      new Option(
        "--from <TOOL>",
        "reads it from the table of another tool (default: the one whose table is there)",
      ).choices(otherTools),
    )
    .addOption(
      new Option(
        "--bridge <FILE>",
        "SQL from this schema to the history's: written if the file does not exist, else run with the record",
      ).conflicts("acceptDifferences"),
    )
    .option(
      "--rename <OLD=NEW>",
      "a table or column that the bridge renames with its data; repeatable: users.mail=email, users=people",
      repeated,
    )
    .option("--accept-differences", "also when the schema is not what the migrations make")
    .addOption(shadowOption());
  on(withSchemaOptions(withLockOptions(baseline)), async () => (await import("./commands/baseline.ts")).runBaseline);
}

function addReadCommands(program: Command, on: Register): void {
  const status = command(program, "status", "shows the state of the database", [
    "migrator status",
    "migrator status --exit-code --json",
  ]).option(
    "--exit-code",
    "6 when behind, 7 when ahead, 3 when history and ledger disagree or a migration is half done",
  );
  const wait = command(program, "wait", "waits until the schema is at this build's head", [
    "migrator wait",
    "migrator wait --timeout 300",
  ]).option("--timeout <TIME>", "how long", duration, 60);
  on(withSchemaOptions(status), async () => (await import("./commands/status.ts")).runStatus);
  on(withSchemaOptions(wait), async () => (await import("./commands/status.ts")).runWait);
  on(
    withSchemaOptions(
      command(program, "history", "lists every migration: when, by whom, how long, with which version", [
        "migrator history",
        "migrator history --json",
      ]),
    ),
    async () => (await import("./commands/history.ts")).runHistory,
  );
}

function addAuthorCommands(program: Command, on: Register): void {
  const create = command(program, "create", "writes a migration from the difference between models and migrations", [
    "migrator create add_widgets",
    'migrator create "backfill widgets" --blank',
    "migrator create add_widgets --dry-run",
    "migrator create rename_mail --rename users.mail=email",
  ])
    .argument("<NAME>", "what it does, in a few words: add_widgets")
    .addOption(new Option("--blank", "compares nothing; the SQL is written by hand").conflicts("rename"))
    .option("--contract", "also drops what the models do not map any more and no supported release does")
    .option("--direct", "one migration, also where its statements keep readers or writers of a live table waiting")
    .option("--dry-run", "shows the migration and writes nothing")
    .option(
      "--rename <OLD=NEW>",
      "a table or column that is renamed with its data; repeatable: users.mail=email, users=people",
      repeated,
    )
    .option("--no-renames", "treats all other removed names as drops and all new names as additions")
    .addOption(shadowOption());
  const check = command(program, "check", "compares models and manifest with the migrations, for CI", [
    "migrator check",
    "migrator check --fix",
    "migrator check --json",
  ])
    .option("--fix", "first writes the manifest from the files as they are, and draws the picture of the schema")
    .addOption(shadowOption());
  const erd = command(program, "erd", "draws the schema that the migrations make: tables, keys and relations", [
    "migrator erd --out docs/schema.svg",
    "migrator erd --format mermaid",
  ])
    .option("--out <FILE>", "a file that ends in .svg, .mmd (Mermaid) or .md (default: standard output)")
    .addOption(
      new Option("--format <FORMAT>", "on standard output (default: svg)").choices(["svg", "mermaid"]).conflicts("out"),
    )
    .addOption(shadowOption());
  on(create, async () => {
    const { runCreate } = await import("./commands/create.ts");
    return (output, options, name) => runCreate(output, name, options);
  });
  on(check, async () => (await import("./commands/check.ts")).runCheck);
  on(erd, async () => (await import("./commands/erd.ts")).runErd);
}

function addProofCommands(program: Command, on: Register): void {
  const diff = command(program, "diff", "compares models, migrations and live database", [
    "migrator diff",
    "migrator diff --json",
  ]).addOption(shadowOption());
  const verify = command(program, "verify", "tests migrations on a shadow database full of rows: up, down, up again", [
    "migrator verify",
    "migrator verify add_widgets",
    "migrator verify --markdown > verified.md",
  ])
    .argument("[NAME]", "only this migration: its name, time stamp or a part that fits one")
    .option("--from <M>", "only this migration and those after it")
    .option("--rows <N>", "how many rows each table is to have (default: 8)", wholeNumber)
    .option("--markdown", "the result for a comment on a pull request")
    .addOption(shadowOption());
  on(diff, async () => (await import("./commands/diff.ts")).runDiff);
  on(verify, async () => {
    const { runVerify } = await import("./commands/verify.ts");
    return (output, options, name) => runVerify(output, options, name);
  });
}

/** Collects the values of an option that may be given several times. */
function settlement(text: string): "applied" | "reverted" | number {
  if (text === "applied" || text === "reverted") return text;
  if (/^\d{1,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It takes applied, reverted, or the number of statements that are done.");
}
