import { readCatalog } from "@thedata/catalog";
import { locateStatements } from "@thedata/catalog/sql";
import type { LockMode, Severity, Statistics } from "@thedata/safety";
import { MigrationFailedError } from "../errors.ts";
import type { CatalogPair } from "../create/warn.ts";
import { type Context, wholeOf } from "../execute/context.ts";
import { type MigrationFile, readSource } from "../history/folder.ts";
import { type History, openHistory } from "../history/history.ts";
import type { LoadedMigration } from "../history/load.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import { connect } from "../postgres/connection.ts";
import { changesInWords } from "../review/changes-in-words.ts";
import { judgeReview } from "../review/judge.ts";
import { drawChange } from "../review/picture.ts";
import type {
  Review,
  ReviewedLock,
  ReviewedMigration,
  ReviewedRelease,
  ReviewedStatement,
  ReviewFinding,
} from "../review/review.ts";
import { replay } from "../shadow/replay.ts";
import { type ShadowOptions, shadowApplication, withShadow } from "../shadow/shadow.ts";
import type { GivenRows } from "../verify/fill/fill-tables.ts";
import type { Verdict } from "../verify/verdict.ts";
import type { CompatStep } from "../compat/report.ts";
import { lintProject, type PlacedFinding } from "./lint.ts";
import { type HeldLock, type MigrationTrace, trace } from "./trace.ts";
import { verify } from "./verify.ts";

export interface ReviewOptions {
  /** The migrations of the change; default: the last one. */
  readonly names?: readonly string[] | undefined;
  readonly shadow: ShadowOptions;
  /** The linter's severities, by rule. */
  readonly rules?: Readonly<Record<string, Severity | "off">> | undefined;
  readonly statistics?: Statistics | undefined;
  /** How many rows each table is to have when it is measured; default 100. */
  readonly rows?: number | undefined;
  /** Rows to take instead of made ones, by table. */
  readonly given?: GivenRows | undefined;
}

/**
 * Reviews migrations on shadow databases: lints, measures and verifies each, and draws what they change. Changes
 * nothing. Throws a `MigratorError` where a file does not load, a name fits none, or no shadow can be created.
 */
export async function review(context: Context, options: ReviewOptions): Promise<Review> {
  const history = await openHistory(wholeOf(context));
  const names = choose(history, options.names);
  const { shadow, statistics, rows = 100, given } = options;
  const { migrations: verdicts } = await verify(context, { shadow, from: names[0], rows: undefined, given });
  const catalogs = await withShadow(shadow, async (dsn) => await readCatalogs(context, history, names, dsn));
  const { blockedBy, lockModes } = await import("@thedata/safety");
  const whoWaits = (lock: LockMode) =>
    lockModes.indexOf(lock) < lockModes.indexOf("SHARE UPDATE EXCLUSIVE") ? null : blockedBy(lock);
  const released = await findReleases(context, shadow, names);
  const migrations: ReviewedMigration[] = [];
  for (const file of history.folder.files.filter(({ name }) => names.includes(name))) {
    const { name } = file;
    const migration = await history.load(name);
    const found = await behind(name, async () => await lintProject(context, { ...options, names: [name] }));
    const traced = migration.up.computed
      ? undefined
      : await behind(name, async () => await trace(context, { name, shadow, rows, given, statistics }));
    migrations.push(
      assemble({
        migration,
        file,
        traced,
        findings: found?.findings ?? [],
        verdict: verdicts.find((one) => one.name === name),
        statistics,
        whoWaits,
        releases: released.get(name) ?? [],
        ...(catalogs.get(name) ?? { before: [], after: [] }),
      }),
    );
  }
  const { level, verdict } = judgeReview(migrations);
  const outcome = level === "danger" || level === "broken" ? "refused" : "ok";
  const picture = await draw(names, catalogs);
  return { outcome, level, verdict, migrations, picture, statisticsAt: statistics?.readAt ?? null, rows };
}

/** How the supported releases do that were made before a migration. */
async function findReleases(
  context: Context,
  shadow: ShadowOptions,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly ReviewedRelease[]>> {
  const { releases } = context;
  if (!releases) return new Map();
  const { compat } = await import("./compat.ts");
  // A migration that fails is told of by its own review.
  const found = await compat(context, { shadow, releases, to: names.at(-1) ?? "" }).catch((error: unknown) => {
    if (error instanceof MigrationFailedError) return undefined;
    throw error;
  });
  const all = found?.steps.map(({ migration }) => migration) ?? [];
  const toReleases = ({ migration, verdicts }: CompatStep) =>
    (found?.releases ?? []).flatMap(({ name, supported, head }, index): ReviewedRelease[] => {
      const { verdict, findings } = verdicts[index] ?? { verdict: "works", findings: [] };
      const isOlder = supported && all.indexOf(migration) > all.indexOf(head);
      return isOlder ? [{ name, verdict, findings: findings.map(({ message }) => message) }] : [];
    });
  return new Map(found?.steps.map((step) => [step.migration, toReleases(step)]));
}

/** What is found of a migration; undefined where one before it fails, of which its own review tells. */
async function behind<Result>(name: string, work: () => Promise<Result>): Promise<Result | undefined> {
  return await work().catch((error: unknown) => {
    if (error instanceof MigrationFailedError && error.migration !== name) return undefined;
    throw error;
  });
}

function choose({ folder }: History, given: readonly string[] = []): string[] {
  const all = folder.files.map(({ name }) => name);
  const wanted = new Set(given.length > 0 ? given.map((name) => resolveTarget(name, all)) : all.slice(-1));
  return all.filter((name) => wanted.has(name));
}

/** The schema before and after each migration, as far as they can be applied. */
async function readCatalogs(
  context: Context,
  history: History,
  names: readonly string[],
  dsn: string,
): Promise<Map<string, CatalogPair>> {
  const all = history.folder.files.map(({ name }) => name);
  const steps = new Map<string, CatalogPair>();
  const { query, close } = await connect(dsn, shadowApplication);
  const read = async (to: string | undefined) => {
    if (to !== undefined) await replay(context, history.folder, dsn, to);
    return await readCatalog(query, scopeOf(context.ledger));
  };
  try {
    for (const name of names) {
      const before = await read(all[all.indexOf(name) - 1]);
      steps.set(name, { before, after: await read(name) });
    }
  } catch (error) {
    // A migration that fails is what the review is about; one before it is not.
    if (!(error instanceof MigrationFailedError)) throw error;
  } finally {
    await close();
  }
  return steps;
}

async function draw(names: readonly string[], catalogs: ReadonlyMap<string, CatalogPair>): Promise<Review["picture"]> {
  const [first] = names;
  const before = first === undefined ? undefined : catalogs.get(first)?.before;
  const after = names.map((name) => catalogs.get(name)?.after).findLast((catalog) => catalog !== undefined);
  return before && after ? await drawChange(before, after) : null;
}

interface Parts extends CatalogPair {
  readonly migration: LoadedMigration;
  readonly file: MigrationFile;
  /** Undefined: it computes its statements, and only `up` can run it. */
  readonly traced: MigrationTrace | undefined;
  readonly findings: readonly PlacedFinding[];
  readonly verdict: Verdict | undefined;
  readonly statistics: Statistics | undefined;
  /** Whom a lock keeps waiting; null: nobody. */
  readonly whoWaits: (lock: LockMode) => string | null;
  readonly releases: readonly ReviewedRelease[];
}

function assemble(parts: Parts): ReviewedMigration {
  const { migration, file, traced, verdict, before, after } = parts;
  const { statements, findings } = placeFindings(parts);
  const {
    up = "notRun",
    down = "notRun",
    again = "notRun",
    rows = 0,
    faults = [],
    notes = [],
    losses = [],
  } = verdict ?? {};
  // Rows that were made for the measurement may not fit a change that verify has seen to work on others.
  const failed = up === "ok" ? null : traced?.error;
  return {
    name: migration.name,
    file: file.listed ? null : file.path,
    transactional: migration.transactional,
    batched: migration.backfill !== null,
    computed: migration.up.computed,
    changes: changesInWords(before, after),
    statements,
    findings,
    held: (traced?.locks ?? []).map(toLock),
    waited: (traced?.probes ?? []).map(({ table, kind, longestMs }) => ({ table, kind, longestMs })),
    error: failed ? failed.message : null,
    verified: { up, down, again, rows, faults, notes, losses },
    releases: parts.releases,
    wayBack: migration.down
      ? { statements: migration.down.statements }
      : { never: migration.irreversible ?? "it has no down" },
  };
}

/** The statements, each with what was measured and found of it; what no statement has is the migration's. */
function placeFindings(parts: Parts) {
  const { migration, file, traced, findings } = parts;
  const source = file.listed ? "" : readSource(file).toString();
  const lines = locateStatements(source, migration.up.statements);
  const measured = [...(traced?.statements ?? [])];
  const left = new Set(findings);
  const statements = migration.up.statements.map((sql, index): ReviewedStatement => {
    const own = [...left].filter(({ statement }) => statement !== null && sql.includes(statement));
    for (const finding of own) left.delete(finding);
    const at = measured.findIndex((one) => one.sql === sql);
    const [seen] = at < 0 ? [] : measured.splice(at, 1);
    return {
      sql,
      line: lines[index]?.() ?? null,
      durationMs: seen?.durationMs ?? null,
      changedRows: seen?.rows ?? 0,
      relations: (seen?.relations ?? []).map((one) => toRelation(one, parts)),
      findings: toFindings(own),
    };
  });
  return { statements, findings: toFindings([...left]) };
}

function toRelation(
  { relation, lock, work }: MigrationTrace["statements"][number]["relations"][number],
  { statistics, whoWaits }: Pick<Parts, "statistics" | "whoWaits">,
): ReviewedStatement["relations"][number] {
  return {
    relation,
    lock: lock ?? null,
    blocks: lock === undefined ? null : whoWaits(lock),
    work,
    rows: statistics?.tables[relation]?.rows ?? null,
  };
}

/** The findings, each once: a statement with five constraints says the same five times. */
function toFindings(found: readonly PlacedFinding[]): ReviewFinding[] {
  const byText = new Map(found.map((finding) => [`${finding.rule} ${finding.message}`, finding]));
  return [...byText.values()].map(({ rule, severity, message, hint, line }) => ({
    rule,
    severity,
    message,
    hint: hint ?? null,
    line,
  }));
}

function toLock({ relation, lock, heldMs, forecastSeconds, table }: HeldLock): ReviewedLock {
  const [rows, writesPerSecond] = [table?.rows ?? null, table?.writesPerSecond ?? null];
  return { relation, lock, heldMs, forecastSeconds: forecastSeconds ?? null, rows, writesPerSecond };
}
