import type { OrmOptions } from "../execute/orm-options.ts";
import path from "node:path";
import { checkHistory } from "../plan/integrity.ts";
import { checkRules, type RuleViolation } from "../history/source-rules.ts";
import { findCandidates } from "../create/find-renames.ts";
import { type RenameQuestion, toQuestion } from "../create/settle-renames.ts";
import { findKept } from "./find-kept.ts";
import { compareModels } from "../models/compare-models.ts";
import type { ReleaseCheck, ReleaseProblem } from "./check-releases.ts";
import { type Context, wholeOf } from "../execute/context.ts";
import { keepPicture, type Picture } from "./picture.ts";
import { ConfigurationError, ConnectionError, type Problem } from "../errors.ts";
import { halfDone } from "../plan/half-done.ts";
import { type History, openHistory } from "../history/history.ts";
import { locate, type Place, placeOfHistory } from "../history/locate.ts";
import { manifestFile } from "../history/manifest.ts";
import { readProgress } from "../ledger/progress.ts";
import { replay } from "../shadow/replay.ts";
import { type ShadowOptions, withShadow } from "../shadow/shadow.ts";
import { withConnection } from "../execute/session.ts";

/** The picture of the schema is missing or shows another schema. */
export interface PictureProblem {
  readonly code: "picture";
  readonly migration: null;
  readonly message: string;
}

/** A problem that must fail CI, and where to fix it. */
export type ProjectProblem = ((Problem | RuleViolation | PictureProblem) & Place) | ReleaseProblem;

/** The result of checking a project, for CI. */
export interface ProjectCheck {
  readonly outcome: "ok" | "refused";
  readonly problems: readonly ProjectProblem[];
  /** The statements that would bring the migrations' result to the models; null: there are no models to compare. */
  readonly differences: readonly string[] | null;
  /** What was removed and added in the differences and may be one thing under a new name: `create` asks. */
  readonly renames: readonly RenameQuestion[];
  /** Where to fix the differences. */
  readonly differencesAt: Place;
  /** Null: no picture is kept, it cannot be drawn, or the history has problems. */
  readonly picture: "current" | "written" | "missing" | "stale" | null;
  /** What the check could not look at, and what to do about that. */
  readonly notes: readonly string[];
}

export interface CheckOptions {
  /** The picture that is to show the migrations' result. */
  readonly picture?: Picture | undefined;
  /** Writes the picture where it is missing or stale. */
  readonly fix?: boolean | undefined;
  /** The version from which on migrations are checked against the source rules; default: all are. */
  readonly rulesFrom?: string | undefined;
}

/** Compares manifest, names, imports, models and picture with the migrations, on a shadow database. */
export async function checkProject(
  context: Context,
  shadow: ShadowOptions,
  options: CheckOptions = {},
): Promise<ProjectCheck> {
  const history = await openHistory(wholeOf(context));
  for (const { name } of history.folder.files) await history.load(name);
  const models = await context.loadOrmOptions();
  const problems = [
    ...(await checkFiles(history, options.rulesFrom)),
    ...(models ? refuseWithoutManifest(history) : []),
  ];
  const result = problems.length === 0 ? await checkResult(context, models, history, shadow, options) : nothing;
  const isEqual = problems.length === 0 && result.differences?.length === 0;
  const releases = isEqual ? await checkKnown(context, shadow, options) : noReleases;
  const unsafe = problems.length === 0 ? await findUnsafe(context, shadow) : [];
  const enforced = context.safety === "enforce" ? unsafe : [];
  const all = [
    ...problems,
    ...(await findHalfDone(context)),
    ...enforced,
    ...releases.problems,
    ...describePicture(result, options.picture),
  ];
  return {
    outcome: all.length > 0 || (result.differences ?? []).length > 0 ? "refused" : "ok",
    problems: all,
    differences: result.differences,
    renames: result.renames,
    differencesAt: placeOfHistory(history.folder),
    picture: result.picture,
    notes: [
      ...notesOn(history, models),
      ...releases.notes,
      ...unsafe.filter((one) => !enforced.includes(one)).map(({ message }) => message),
    ],
  };
}

const noReleases: ReleaseCheck = { problems: [], notes: [] };

async function checkKnown(
  context: Context,
  shadow: ShadowOptions,
  { fix = false }: CheckOptions,
): Promise<ReleaseCheck> {
  if (!context.releases) return noReleases;
  const { checkReleases } = await import("./check-releases.ts");
  return await checkReleases(context, context.releases, { shadow, fix });
}

/** What the linter calls an error in migrations that the database at hand has not applied, where one answers. */
async function findUnsafe(context: Context, shadow: ShadowOptions): Promise<ProjectProblem[]> {
  if (context.safety === "off" || context.dsn === "") return [];
  const { lintProject } = await import("./lint.ts");
  const { chosen, findings } = await lintProject(context, { shadow, rules: context.rules });
  if (chosen !== "pending") return [];
  return findings
    .filter(({ severity }) => severity === "error")
    .map(({ migration, rule, message, file, line }) => ({
      code: "unsafe",
      migration,
      message: `${migration}: ${rule}: ${message}`,
      file,
      line,
    }));
}

/** The half-done migration of the configured database, where that can be reached. */
async function findHalfDone(context: Context): Promise<ProjectProblem[]> {
  if (context.dsn === "") return [];
  try {
    const progress = await withConnection(context, async ({ query }) => await readProgress(query, context.ledger));
    return progress ? [{ ...halfDone(progress), file: null, line: null }] : [];
  } catch (error) {
    // The files are checked without a database too.
    if (error instanceof ConnectionError) return [];
    throw error;
  }
}

/** Finds the problems of the files, without a server. */
async function checkFiles(history: History, rulesFrom: string | undefined): Promise<ProjectProblem[]> {
  const { folder } = history;
  const paths = new Map(folder.files.map((file) => [file.name, file.path]));
  const problems = await locate(checkHistory(history.known(), [], folder.manifest), folder);
  const violations = folder.manifest ? await checkRules(history, rulesFrom) : [];
  return [...problems, ...violations.map((one) => ({ ...one, file: paths.get(one.migration) ?? null }))];
}

const withoutManifest = `The folder has no ${manifestFile}, so edited or removed migrations are not found, and the source rules are not checked`;

/** With models, `create` writes a manifest: a missing one was deleted. */
function refuseWithoutManifest({ folder }: History): ProjectProblem[] {
  if (folder.manifest) return [];
  const message = `${withoutManifest}: restore it from git, or write it with "migrator check --fix".`;
  return [{ code: "missing", migration: null, message, ...placeOfHistory(folder) }];
}

function notesOn({ folder }: History, models: OrmOptions | undefined): string[] {
  return [
    ...(folder.manifest || models ? [] : [`${withoutManifest}: "migrator check --fix" writes one.`]),
    ...(models ? [] : [`No models are configured, so no migration was run: "migrator verify" runs and reverts each.`]),
  ];
}

interface Result extends Pick<ProjectCheck, "differences" | "picture" | "renames"> {
  /** Why the picture cannot be drawn. */
  readonly undrawn?: string;
}

const nothing: Result = { differences: null, picture: null, renames: [] };

/** Replays the history once, for models and picture. */
async function checkResult(
  context: Context,
  models: OrmOptions | undefined,
  history: History,
  shadow: ShadowOptions,
  { picture, fix = false }: CheckOptions,
): Promise<Result> {
  if (!models && !picture) return nothing;
  return await withShadow(shadow, async (dsn) => {
    await replay(context, history.folder, dsn);
    const {
      up: differences,
      before,
      after,
    } = models ? await compareModels(models, dsn, context.ledger, await findKept(context)) : { up: null };
    const renames = before && after ? findCandidates(before, after).map(toQuestion) : [];
    const drawn = picture ? await draw(picture, { dsn, ledger: context.ledger, fix }) : { picture: null };
    return { differences, renames, ...drawn };
  });
}

/** Gives an error as `undrawn`, so that the other problems are still reported: areas may name a table that is gone. */
async function draw(
  picture: Picture,
  options: Parameters<typeof keepPicture>[1],
): Promise<Pick<Result, "picture" | "undrawn">> {
  try {
    return { picture: await keepPicture(picture, options) };
  } catch (error) {
    if (error instanceof ConfigurationError) return { picture: null, undrawn: error.message };
    throw error;
  }
}

function describePicture({ picture: state, undrawn }: Result, picture: Picture | undefined): ProjectProblem[] {
  const problem = (message: string, file: string | null) =>
    [{ code: "picture", migration: null, message, file, line: file === null ? null : 1 }] as const;
  if (undrawn !== undefined) return [...problem(undrawn, null)];
  if (!picture || (state !== "missing" && state !== "stale")) return [];
  const name = path.basename(picture.file);
  const what = state === "missing" ? "is missing" : "does not show the schema that the migrations make";
  return [...problem(`The picture ${name} ${what}: run "migrator check --fix" and commit it.`, picture.file)];
}
