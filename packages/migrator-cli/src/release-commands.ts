import type { Command } from "commander";
import { command, type Register, shadowOption } from "./command-parts.ts";

/** Adds contract, compat and releases: which releases of the models work at which step. */
export function addReleaseCommands(program: Command, on: Register): void {
  const contract = command(program, "contract", "writes what the models need of the schema, as MikroORM sends it", [
    "migrator contract",
    "migrator contract --freeze",
  ])
    .option("--freeze", "also keeps it as the contract of the version in the models' package.json")
    .option("--dry-run", "shows the contract and writes nothing")
    .addOption(shadowOption());
  const compat = command(program, "compat", "tells which releases of the models work after which migration", [
    "migrator compat",
    "migrator compat --release 1.4.0 --to add_widgets",
    "migrator compat --markdown",
  ])
    .option("--release <V>", "only this release: a version or a range")
    .option("--to <M>", "only up to this migration")
    .option("--droppable", "lists the tables and columns that no supported release needs any more")
    .option("--static", "by the schemas alone: no statement is planned by the server")
    .option("--markdown", "the result for a comment on a pull request")
    .addOption(shadowOption());
  const releases = command(program, "releases", "lists the releases of the models, and ends the support of one", [
    "migrator releases",
    "migrator releases retire 1.3.0",
  ]);
  const list = command(releases, "list", "lists the releases that the database or this folder knows", [
    "migrator releases list",
  ]);
  const retire = command(releases, "retire", "ends the support of a release: steps that end it may be applied", [
    "migrator releases retire 1.3.0",
  ]).argument("<V>", "the release: its version, or a range such as <1.4");
  on(releases, async () => (await import("./commands/releases.ts")).runReleases);
  on(list, async () => (await import("./commands/releases.ts")).runReleases);
  on(retire, async () => {
    const { runRetire } = await import("./commands/releases.ts");
    return (output, options, version) => runRetire(output, options, version);
  });
  on(contract, async () => (await import("./commands/contract.ts")).runContract);
  on(compat, async () => (await import("./commands/compat.ts")).runCompat);
}
