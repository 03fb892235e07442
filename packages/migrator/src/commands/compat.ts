import type { Catalog } from "@thedata/catalog";
import { shorten } from "@thedata/catalog/sql";
import type { Contract, Finding, Verdict } from "@thedata/releases";
import { ConfigurationError } from "../errors.ts";
import { type Context, directoryOf } from "../execute/context.ts";
import { openHistory } from "../history/history.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import { type Attestation, concerns, readAttestations } from "../releases/attestations.ts";
import { type Cell, judgeHistory, type SchemaStep } from "../releases/judge-history.ts";
import { findSupportedContracts } from "../releases/read-contracts.ts";
import type { ReleaseSettings } from "../releases/settings.ts";
import type { StoredFinding, StoredVerdict } from "../releases/verdicts.ts";
import type { ShadowOptions } from "../shadow/shadow.ts";
import { readSteps } from "./compat-steps.ts";
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

/** A release, as a column of the matrix. */
export interface ReleaseColumn {
  /** `@thedata/models@1.2.0`. */
  readonly name: string;
  readonly digest: string;
  /** The migration at which it was made. */
  readonly head: string;
  readonly supported: boolean;
  /** True: the models as they are, not yet released. */
  readonly working: boolean;
}

/** How the releases do after a migration. */
export interface CompatStep {
  readonly migration: string;
  /** In the order of the columns. */
  readonly verdicts: readonly { readonly verdict: Verdict; readonly findings: readonly StoredFinding[] }[];
  /** The supported releases that it ends. */
  readonly ends: readonly string[];
}

/** What one release meets in rows of another, at the end of the history. */
export interface CompatPair {
  readonly writer: string;
  readonly reader: string;
  readonly findings: readonly Finding[];
}

/** Releases by steps. */
export interface Compatibility {
  /** `refused`: a supported release does not work somewhere, or nobody can tell whether it does. */
  readonly outcome: "ok" | "refused";
  readonly releases: readonly ReleaseColumn[];
  readonly steps: readonly CompatStep[];
  readonly pairs: readonly CompatPair[];
  /** Tables and columns that a release with a contract maps, and neither a supported one nor the models as they are. */
  readonly droppable: readonly string[];
  /** Attestations that nothing needs. */
  readonly needless: readonly Attestation[];
  /** What a folder of verdicts has to hold. */
  readonly verdicts: readonly StoredVerdict[];
}

/**
 * Judges which release works after which migration, on a shadow database. Changes nothing. Throws a `MigratorError`
 * where a contract cannot be read, or a migration fails.
 */
export async function compat(context: Context, options: CompatOptions): Promise<Compatibility> {
  const history = await openHistory(context.migrations);
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

/** What the releases that run together meet in each other's rows; an author may vouch for what is not written yet. */
async function judgePairs(
  contracts: readonly Contract[],
  columns: readonly ReleaseColumn[],
  steps: readonly SchemaStep[],
  attestations: readonly Attestation[],
): Promise<{ pairs: CompatPair[]; vouched: ReadonlySet<Attestation> }> {
  const { judgePair, mergeFindings, satisfiesVersion } = await import("@thedata/releases");
  const beside = steps.flatMap((step) => step.beside ?? []);
  const metIn = (writer: Contract, reader: Contract) =>
    beside.flatMap((one) => (one.writer === writer.digest && one.reader === reader.digest ? one.findings : []));
  const judgeBoth = (writer: Contract, reader: Contract) =>
    mergeFindings(judgePair(writer, reader, steps.at(-1)?.catalog ?? []), metIn(writer, reader));
  const vouched = new Set<Attestation>();
  const isOpen = (finding: Finding, reader: Contract) => {
    const found = attestations.find((one) => concerns(one, finding, reader, satisfiesVersion));
    if (found) vouched.add(found);
    return found === undefined;
  };
  const together = contracts.filter((_, index) => columns[index]?.supported || columns[index]?.working);
  const nameOf = (contract: Contract) => columns[contracts.indexOf(contract)]?.name ?? "";
  const pairs = together
    .flatMap((writer) => together.filter((reader) => reader !== writer).map((reader) => ({ writer, reader })))
    .map(({ writer, reader }) => ({
      writer: nameOf(writer),
      reader: nameOf(reader),
      findings: judgeBoth(writer, reader).filter((finding) => isOpen(finding, reader)),
    }))
    .filter(({ findings }) => findings.length > 0);
  return { pairs, vouched };
}

function findDroppable(contracts: readonly Contract[], columns: readonly ReleaseColumn[], catalog: Catalog): string[] {
  const isNeeded = (_: Contract, index: number) => columns[index]?.supported || columns[index]?.working;
  const namesOf = (list: readonly Contract[]) =>
    list.flatMap(({ tables }) =>
      tables.flatMap((one) => [one.table, ...one.columns.map(({ column }) => `${one.table}.${column}`)]),
    );
  const needed = new Set(namesOf(contracts.filter(isNeeded)));
  const there = new Set(catalog.map(({ name }) => unquoteAll(name)));
  return [...new Set(namesOf(contracts))]
    .filter((name) => !needed.has(name) && there.has(unquoteAll(name)))
    .map(shorten);
}

const unquoteAll = (name: string) => name.replaceAll('"', "");

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
