import path from "node:path";
import type { Fleet, FleetEvent } from "@thedata/fleet";
import { ConfigurationError } from "@thedata/migrator/internal";
import { type LoadedConfig, loadConfiguration, loadModels } from "../configuration.ts";
import { readVariable, validate } from "../database-address.ts";
import { findDirectory, findReleases, type GlobalOptions } from "../settings.ts";
import { findCacheFolder } from "../cache-folder.ts";
import { version } from "../version.ts";
import { readTargetPassword } from "./target-password.ts";

export interface FleetCommandOptions extends GlobalOptions {
  readonly controlDsn?: string;
  readonly targets?: string;
}

/** Creates the fleet of the configuration. Throws a `ConfigurationError`. */
export async function openFleet(options: FleetCommandOptions, onEvent?: (event: FleetEvent) => void): Promise<Fleet> {
  const config = await loadConfiguration(options.config);
  const migrations = findDirectory(options, config);
  const { createFleet } = await import("@thedata/fleet");
  return createFleet({
    control: await findControl(options, config),
    targets: findTargets(options, config),
    password: config.fleet?.password ?? readTargetPassword(process.env),
    limits: config.fleet?.limits,
    heartbeatSeconds: config.fleet?.heartbeatSeconds,
    onEvent,
    engine: {
      migrations,
      ledger: config.ledger,
      toolVersion: version,
      safety: config.safety === "enforce" ? "enforce" : "off",
      rules: config.rules,
      releases: findReleases(config, migrations),
      undoKey: () => readVariable(process.env, "MIGRATOR_UNDO_KEY"),
      cache: findCacheFolder(migrations, process.env),
      ormOptions: async () => await loadModels(config),
    },
  });
}

async function findControl({ controlDsn }: FleetCommandOptions, { fleet }: LoadedConfig): Promise<string> {
  if (controlDsn !== undefined) return validate(controlDsn, "--control-dsn");
  const variable = readVariable(process.env, "FLEET_DSN");
  if (variable) return validate(variable, "FLEET_DSN");
  const configured = typeof fleet?.control === "function" ? await fleet.control() : fleet?.control;
  if (configured !== undefined) return validate(configured, `"fleet.control" in the configuration`);
  throw new ConfigurationError(
    "No control database is configured: set FLEET_DSN, or give --control-dsn, or fleet: { control } in the configuration",
  );
}

function findTargets({ targets }: FleetCommandOptions, { fleet, folder }: LoadedConfig) {
  if (targets !== undefined) return path.resolve(targets);
  return typeof fleet?.targets === "string" ? path.resolve(folder, fleet.targets) : fleet?.targets;
}
