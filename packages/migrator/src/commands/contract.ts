import { existsSync, promises } from "node:fs";
import path from "node:path";
import { readCatalog } from "@thedata/catalog";
import type { Contract } from "@thedata/releases";
import { ConfigurationError, RefusedError } from "../errors.ts";
import { type Context, wholeOf } from "../execute/context.ts";
import { openHistory } from "../history/history.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";
import { openBeside } from "../models/open-models.ts";
import { connect } from "../postgres/connection.ts";
import { tryOut } from "../postgres/transaction.ts";
import { readPackage } from "../releases/package-version.ts";
import { asOurs, readContract, readContracts } from "../releases/read-contracts.ts";
import { replaceFile } from "../replace-file.ts";
import type { ReleaseSettings } from "../releases/settings.ts";
import { replay } from "../shadow/replay.ts";
import { type ShadowOptions, shadowApplication, withShadow } from "../shadow/shadow.ts";

export interface ContractOptions {
  readonly shadow: ShadowOptions;
  readonly releases: ReleaseSettings;
  /** Also keeps it as the contract of the release. */
  readonly freeze?: boolean | undefined;
  /** Writes nothing. */
  readonly dryRun?: boolean | undefined;
}

/** A contract that was made, and the files that have it now. */
export interface MadeContract {
  readonly contract: Contract;
  readonly files: readonly string[];
  /** True: the file had another contract before, or none. */
  readonly changed: boolean;
}

/**
 * Makes the contract of the models as they are, on a shadow database at the head of the history, and writes it. Throws a
 * `RefusedError` where the release has another contract already, or where the models do not work at their own head.
 */
export async function contract(context: Context, options: ContractOptions): Promise<MadeContract> {
  const { releases, freeze, dryRun } = options;
  const made = await makeWorkingContract(context, options);
  await refuseBroken(made);
  if (dryRun) return { contract: made, files: [], changed: await isStale(made, releases) };
  const { contractFile, parseContract, renderContract } = await import("@thedata/releases");
  const frozen = path.join(releases.folder, contractFile(made));
  // What cannot be read again, such as the contract of a version that is none, is not written.
  await asOurs(() => parseContract(renderContract(made), frozen));
  if (freeze) await refuseReleased(made, frozen);
  const changed = await isStale(made, releases);
  const files = [...(releases.contract === undefined ? [] : [releases.contract]), ...(freeze ? [frozen] : [])];
  if (files.length === 0)
    throw new ConfigurationError(`"releases.contract" in the configuration names no file for the contract: add one`);
  for (const file of files) await write(file, renderContract(made));
  return { contract: made, files, changed };
}

/** Makes the contract of the models as they are. */
export async function makeWorkingContract(
  context: Context,
  { shadow, releases }: Pick<ContractOptions, "shadow" | "releases">,
): Promise<Contract> {
  const models = await context.loadOrmOptions();
  if (!models || releases.package === undefined)
    throw new ConfigurationError(
      `A contract is made of models: give "models" and "releases.package", their package.json, in the configuration`,
    );
  const { name, version } = readPackage(releases.package);
  const { folder } = await openHistory(wholeOf(context));
  return await withShadow(shadow, async (dsn) => {
    await replay(context, folder, dsn);
    const orm = await openBeside(models, dsn, context.ledger);
    const session = await connect(dsn, shadowApplication);
    try {
      const { makeContract } = await import("@thedata/releases/record");
      const { Utils } = await import("@mikro-orm/core");
      const schema = await readCatalog(session.query, scopeOf(context.ledger));
      const given = { orm, query: session.query, schema, calls: releases.calls, ormVersion: Utils.getORMVersion() };
      const head = folder.files.at(-1)?.name ?? "";
      return await tryOut(session, async () => await makeContract({ ...given, package: name, version, head })).catch(
        (cause: Error) => {
          throw new ConfigurationError(`The contract cannot be made: ${cause.message}. Does "releases.calls" fail?`, {
            cause,
          });
        },
      );
    } finally {
      await session.close();
      await orm.close(true);
    }
  });
}

/** True where the file of the working contract has another one, or none. */
export async function isStale(made: Contract, { contract: file }: ReleaseSettings): Promise<boolean> {
  if (file === undefined) return false;
  if (!existsSync(file)) return true;
  const { version, digest } = await readContract(file).catch(() => ({ version: "", digest: "" }));
  return version !== made.version || digest !== made.digest;
}

/** A release is made once: another content needs another version. */
async function refuseReleased(made: Contract, file: string): Promise<void> {
  if (!existsSync(file)) return;
  const { digest } = await readContract(file);
  if (digest === made.digest) return;
  throw new RefusedError(
    `${made.package}@${made.version} has a contract already, and it is another one (${file}): give the models a new version first`,
  );
}

async function refuseBroken(made: Contract): Promise<void> {
  const { judge } = await import("@thedata/releases");
  const [finding] = judge(made, made.schema);
  if (finding) throw new RefusedError(`The models do not work at their own head: ${finding.message}`);
}

async function write(file: string, text: string): Promise<void> {
  await promises.mkdir(path.dirname(file), { recursive: true });
  await replaceFile(file, text);
}

/** The released contracts with that of the models as they are, where it is another one; the oldest first. */
export async function contractsWithWorking(
  releases: ReleaseSettings,
): Promise<{ all: Contract[]; working: Contract | undefined }> {
  const released = await readContracts(releases);
  const file = releases.contract;
  const working = file !== undefined && existsSync(file) ? await readContract(file) : undefined;
  const known = released.some(({ digest }) => digest === working?.digest);
  return { all: working && !known ? [...released, working] : released, working };
}
