import path from "node:path";
import { checkHistory } from "./check.ts";
import { checkRules, type RuleViolation } from "./check-rules.ts";
import { compareModels } from "./compare-models.ts";
import type { Context } from "./context.ts";
import { keepPicture, type Picture } from "./erd/picture.ts";
import type { Problem } from "./errors.ts";
import { type History, openHistory } from "./history.ts";
import { locate, type Place, placeOfHistory } from "./locate.ts";
import { replay } from "./replay.ts";
import { type ShadowOptions, withShadow } from "./shadow.ts";

/** The picture of the schema is missing or shows another one. */
export interface PictureProblem {
  readonly code: "picture";
  readonly migration: null;
  readonly message: string;
}

/** Something that CI must not let through, and where to put it right. */
export type ProjectProblem = (Problem | RuleViolation | PictureProblem) & Place;

/** What CI wants to know of a project. */
export interface ProjectCheck {
  readonly outcome: "ok" | "refused";
  readonly problems: readonly ProjectProblem[];
  /** The statements that would bring the migrations' result to the models; null: there are no models to compare. */
  readonly differences: readonly string[] | null;
  /** Where the differences are put right. */
  readonly differencesAt: Place;
  /** Null: no picture is kept, or the history has problems. */
  readonly picture: "current" | "written" | "missing" | "stale" | null;
}

export interface CheckOptions {
  /** The picture that is to show the migrations' result. */
  readonly picture?: Picture | undefined;
  /** Writes the picture where it is missing or stale. */
  readonly fix?: boolean | undefined;
}

/** Holds manifest, names, imports, models and picture against the migrations, on a shadow database. */
export async function checkProject(
  context: Context,
  shadow: ShadowOptions,
  options: CheckOptions = {},
): Promise<ProjectCheck> {
  const history = await openHistory(context.directory);
  for (const { name } of history.folder.files) await history.load(name);
  const problems = await checkFiles(history);
  const result = problems.length === 0 ? await checkResult(context, history, shadow, options) : nothing;
  const all = [...problems, ...describePicture(result.picture, options.picture)];
  return {
    ...result,
    outcome: all.length > 0 || (result.differences ?? []).length > 0 ? "refused" : "ok",
    problems: all,
    differencesAt: placeOfHistory(history.folder),
  };
}

/** What can be said of the files without a server. */
async function checkFiles(history: History): Promise<ProjectProblem[]> {
  const { folder } = history;
  const paths = new Map(folder.files.map((file) => [file.name, file.path]));
  const problems = await locate(checkHistory(history.known(), [], folder.manifest), folder);
  const violations = folder.manifest ? await checkRules(history) : [];
  return [...problems, ...violations.map((one) => ({ ...one, file: paths.get(one.migration) ?? null }))];
}

type Result = Pick<ProjectCheck, "differences" | "picture">;

const nothing: Result = { differences: null, picture: null };

/** Replays the history once, for models and picture. */
async function checkResult(
  context: Context,
  history: History,
  shadow: ShadowOptions,
  { picture, fix = false }: CheckOptions,
): Promise<Result> {
  const models = await context.loadOrmOptions();
  if (!models && !picture) return nothing;
  return await withShadow(shadow, async (dsn) => {
    await replay(context, history.folder, dsn);
    return {
      differences: models ? (await compareModels(models, dsn, context.ledger)).up : null,
      picture: picture ? await keepPicture(picture, { dsn, ledger: context.ledger, fix }) : null,
    };
  });
}

function describePicture(state: ProjectCheck["picture"], picture: Picture | undefined): ProjectProblem[] {
  if (!picture || (state !== "missing" && state !== "stale")) return [];
  const name = path.basename(picture.file);
  const what = state === "missing" ? "is missing" : "does not show the schema that the migrations make";
  const message = `The picture ${name} ${what}: run "migrator check --fix" and commit it.`;
  return [{ code: "picture", migration: null, message, file: picture.file, line: 1 }];
}
