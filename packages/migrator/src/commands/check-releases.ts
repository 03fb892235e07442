import path from "node:path";
import { type Context, directoryOf } from "../execute/context.ts";
import { manifestFile } from "../history/manifest.ts";
import type { Finding } from "@thedata/releases";
import type { Place } from "../history/locate.ts";
import { readPackage } from "../releases/package-version.ts";
import { readContracts } from "../releases/read-contracts.ts";
import type { ReleaseSettings } from "../releases/settings.ts";
import { readVerdictText, renderVerdicts, verdictsFile, writeVerdicts } from "../releases/verdicts.ts";
import type { ShadowOptions } from "../shadow/shadow.ts";
import type { CompatReport } from "../compat/report.ts";
import { compat } from "./compat.ts";
import { contract, isStale, makeWorkingContract } from "./contract.ts";

/** A release does not work, or what is kept of releases is not what it would be. */
export interface ReleaseProblem extends Place {
  readonly code: "contract" | "verdict" | "incompatible";
  readonly migration: string | null;
  readonly message: string;
}

/** What is wrong with releases, and what is to be known of them. */
export interface ReleaseCheck {
  readonly problems: readonly ReleaseProblem[];
  readonly notes: readonly string[];
}

/**
 * Compares the kept contract and verdicts with what they would be now, and tells which releases do not work. With `fix`
 * it writes both first.
 */
export async function checkReleases(
  context: Context,
  releases: ReleaseSettings,
  { shadow, fix }: { readonly shadow: ShadowOptions; readonly fix: boolean },
): Promise<ReleaseCheck> {
  const problems = [...(await checkContract(context, releases, shadow, fix)), ...(await checkFrozen(releases))];
  if (problems.length > 0) return { problems, notes: [] };
  const found = await compat(context, { shadow, releases });
  const verdicts = await checkVerdicts(directoryOf(context), found, fix);
  return { problems: [...verdicts, ...describeRefusals(found)], notes: describeEnds(found) };
}

async function checkContract(
  context: Context,
  releases: ReleaseSettings,
  shadow: ShadowOptions,
  fix: boolean,
): Promise<ReleaseProblem[]> {
  if (releases.package === undefined || releases.contract === undefined) return [];
  if (fix) {
    await contract(context, { shadow, releases });
    return [];
  }
  const made = await makeWorkingContract(context, { shadow, releases });
  if (!(await isStale(made, releases))) return [];
  const message = `The contract ${path.basename(releases.contract)} is not that of the models as they are: run "migrator contract" and commit it.`;
  return [{ code: "contract", migration: null, message, file: releases.contract, line: 1 }];
}

/** A version that was given out must be known to those that come after it. */
async function checkFrozen(releases: ReleaseSettings): Promise<ReleaseProblem[]> {
  if (releases.package === undefined) return [];
  const { name, version } = readPackage(releases.package);
  const released = await readContracts(releases);
  if (released.some((one) => one.version === version)) return [];
  const message = `${name}@${version} has no contract in ${path.basename(releases.folder)}: run "migrator contract --freeze" when the version is given, and commit it.`;
  return [{ code: "contract", migration: null, message, file: releases.package, line: 1 }];
}

async function checkVerdicts(directory: string, { verdicts }: CompatReport, fix: boolean): Promise<ReleaseProblem[]> {
  // As a text: a broken file is a stale one, too.
  if (readVerdictText(directory) === renderVerdicts(verdicts)) return [];
  if (fix) {
    await writeVerdicts(directory, verdicts);
    return [];
  }
  const message = `${verdictsFile} is not what the migrations and contracts give: run "migrator check --fix" and commit it.`;
  return [{ code: "verdict", migration: null, message, file: path.join(directory, manifestFile), line: 1 }];
}

/** What nobody may ship; a step that ends a release is held by `up`, and so may be. */
function describeRefusals({ steps, releases, pairs }: CompatReport): ReleaseProblem[] {
  const place = { file: null, line: null } as const;
  const names = steps.map(({ migration }) => migration);
  const open = steps.flatMap(({ migration, verdicts }) =>
    verdicts.flatMap(({ findings }, index) => {
      const release = releases[index];
      if (!release?.supported || names.indexOf(migration) <= names.indexOf(release.head)) return [];
      return findings
        .filter(({ verdict, attested }) => attested === undefined && (verdict === "depends" || verdict === "unknown"))
        .map((finding): ReleaseProblem => ({
          code: "incompatible",
          migration,
          message: `${migration}: nobody can tell whether ${release.name} works: ${finding.message}. If it does, say so in a comment: @tolerates ${release.name} ${subjectOf(finding)}: reason.`,
          ...place,
        }));
    }),
  );
  const beside = pairs.flatMap(({ writer, reader, findings }) =>
    findings.map((finding): ReleaseProblem => ({
      code: "incompatible",
      migration: null,
      message: `${reader} cannot run beside ${writer}: ${finding.message}. If nothing writes it while ${reader} runs, say so in a comment of the migration: @tolerates ${reader} ${subjectOf(finding)}: reason.`,
      ...place,
    })),
  );
  return [...new Map([...open, ...beside].map((one) => [one.message, one])).values()];
}

/** What an author vouches for, as it is written in a comment. */
function subjectOf({ table, column }: Pick<Finding, "table" | "column">): string {
  return [table?.replace(/^public\./, ""), column].filter((one) => one !== null && one !== undefined).join(".");
}

function describeEnds({ steps }: CompatReport): string[] {
  return steps.flatMap(({ migration, ends }) =>
    ends.map(
      (name) =>
        `${migration} ends ${name}: "migrator up" holds it back until that release is retired ("migrator releases retire").`,
    ),
  );
}
