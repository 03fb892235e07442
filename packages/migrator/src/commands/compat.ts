import type { Contract } from "@thedata/releases";
import { findDroppable } from "../compat/droppable.ts";
import { judgePairs } from "../compat/pairs.ts";
import { readSteps } from "../compat/read-steps.ts";
import type { CompatReport, CompatStep, ReleaseColumn } from "../compat/report.ts";
import { ConfigurationError } from "../errors.ts";
import { type Context, directoryOf, wholeOf } from "../execute/context.ts";
import { openHistory } from "../history/history.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import { readAttestations } from "../releases/attestations.ts";
import { type Cell, judgeHistory } from "../releases/judge-history.ts";
import { findSupportedContracts } from "../releases/read-contracts.ts";
import type { ReleaseSettings } from "../releases/settings.ts";
import type { StoredVerdict } from "../releases/verdicts.ts";
import type { ShadowOptions } from "../shadow/shadow.ts";
import { contractsWithWorking } from "./contract.ts";

export interface CompatOptions {
  readonly shadow: ShadowOptions;
  readonly releases: ReleaseSettings;
  /** Only releases of this version or range. */
  readonly release?: string | undefined;
  /** Only up to this migration. */
  readonly to?: string | undefined;
  /** True: by the catalogs alone; no statement is planned. */
  readonly static?: boolean | undefined;
}

/**
 * Judges which release works after which migration, on a shadow database. Changes nothing. Throws a `MigratorError`
 * where a contract cannot be read, or a migration fails.
 */
export async function compat(context: Context, options: CompatOptions): Promise<CompatReport> {
  const history = await openHistory(wholeOf(context));
  directoryOf(context);
  const names = history.folder.files.map(({ name }) => name);
  const { all, columns } = await chooseReleases(options, names);
  const last = options.to === undefined ? names.length - 1 : names.indexOf(resolveTarget(options.to, names));
  const first = Math.min(...all.map(({ head }) => names.indexOf(head)), last);
  const steps = await readSteps(context, history, { wanted: names.slice(first, last + 1), contracts: all, ...options });
  const { isRange } = await import("@thedata/releases");
  const attestations = history.folder.files.flatMap((file) => readAttestations(file, isRange));
  const rows = await judgeHistory(all, steps, attestations, names);
  const compatSteps = steps.map(({ migration }) => toStep(migration, rows.get(migration) ?? [], columns, names));
  const { pairs, vouched } = await judgePairs(all, columns, steps, attestations);
  const isRefused = compatSteps.some((step) => refuses(step, columns, names)) || pairs.length > 0;
  const used = new Set(
    [...rows].flatMap(([migration, cells]) =>
      cells.flatMap(({ fresh }) => fresh.map(({ attested }) => `${migration} ${attested}`)),
    ),
  );
  return {
    outcome: isRefused ? "refused" : "ok",
    releases: columns,
    steps: compatSteps,
    pairs,
    droppable: findDroppable(all, columns, steps.at(-1)?.catalog ?? []),
    needless: attestations.filter((one) => !used.has(`${one.migration} ${one.reason}`) && !vouched.has(one)),
    verdicts: steps.flatMap(({ migration, link }) =>
      toVerdicts({ migration, link, columns, names }, rows.get(migration) ?? []),
    ),
  };
}

/** The releases to judge: all with a contract, and the models as they are. */
async function chooseReleases(
  { releases, release }: CompatOptions,
  names: readonly string[],
): Promise<{ all: Contract[]; columns: ReleaseColumn[] }> {
  const { releaseName, satisfiesVersion } = await import("@thedata/releases");
  const { all: known, working } = await contractsWithWorking(releases);
  const released = known.filter((one) => one !== working);
  if (known.length === 0)
    throw new ConfigurationError(`There is no contract yet: "migrator contract" makes that of the models as they are`);
  const supported = await findSupportedContracts(released, releases, names);
  const wanted = (one: Contract) =>
    release === undefined || one.version === release || satisfiesVersion(one.version, release);
  // Those that are not supported too: one of them may be connected when its step is to be applied.
  const all = known.filter(
    (one) => (names.includes(one.head) || supported.includes(one) || one === working) && wanted(one),
  );
  if (all.length === 0)
    throw new ConfigurationError(`No release fits "${release}"; there are ${known.map(releaseName).join(", ")}`);
  const lost = all.find(({ head }) => !names.includes(head));
  if (lost)
    throw new ConfigurationError(
      `The contract of ${releaseName(lost)} was made at ${lost.head}, which this history does not have: make it again with "migrator contract"`,
    );
  const columns = all.map((one): ReleaseColumn => ({
    name: releaseName(one),
    digest: one.digest,
    head: one.head,
    supported: supported.includes(one),
    working: one === working && !released.includes(one),
  }));
  return { all, columns };
}

function toStep(
  migration: string,
  cells: readonly Cell[],
  columns: readonly ReleaseColumn[],
  names: readonly string[],
): CompatStep {
  const ends = columns.filter(
    (column, index) => isAfter(migration, column, names) && column.supported && isEnd(cells[index]),
  );
  return {
    migration,
    verdicts: cells.map(({ verdict, fresh }) => ({ verdict, findings: fresh })),
    ends: ends.map(({ name }) => name),
  };
}

function isEnd(cell: Cell | undefined): boolean {
  return cell?.fresh.some(({ verdict }) => verdict === "breaks" || verdict === "wrong") === true;
}

function isAfter(migration: string, { head }: ReleaseColumn, names: readonly string[]): boolean {
  return names.indexOf(migration) >= names.indexOf(head);
}

/** True where a release that must work after this migration does not, or nobody can tell. */
function refuses(
  { migration, verdicts }: CompatStep,
  columns: readonly ReleaseColumn[],
  names: readonly string[],
): boolean {
  return verdicts.some(({ verdict }, index) => {
    const column = columns[index];
    return (
      column !== undefined &&
      (column.supported || column.working) &&
      isAfter(migration, column, names) &&
      verdict !== "works"
    );
  });
}

interface VerdictPlace {
  readonly migration: string;
  readonly link: string;
  readonly columns: readonly ReleaseColumn[];
  readonly names: readonly string[];
}

function toVerdicts({ migration, link, columns, names }: VerdictPlace, cells: readonly Cell[]): StoredVerdict[] {
  return cells.map(({ digest, verdict, fresh }, index) => {
    const column = columns[index];
    const isLater = column !== undefined && names.indexOf(migration) > names.indexOf(column.head);
    const ends = isLater && fresh.some(({ attested }) => attested === undefined);
    return { migration, link, digest, release: column?.name ?? "", verdict, ends, findings: fresh };
  });
}
