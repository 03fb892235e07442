import { checkProject, directoryOf, type ProjectCheck, rewriteManifest } from "@thedata/migrator/internal";
import { type Annotation, annotationOf, isOnGitHub, relativeFile, toWorkflowCommand } from "../annotations.ts";
import { count } from "../describe-run.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { readPicture } from "../picture-settings.ts";
import { createSettings, type RunOptions } from "../settings.ts";

/** `migrator check`: compares models, manifest and picture with the migrations and gives the exit code. */
export async function runCheck(output: Output, options: RunOptions & { fix?: boolean }): Promise<number> {
  const { context, shadow, config } = await createSettings(options, { database: "optional" });
  const { fix } = options;
  const directory = directoryOf(context);
  const picture = readPicture(config);
  const result = await annotateFailure(output, directory, async () => {
    if (fix) output.line(`Wrote the manifest: ${count(await rewriteManifest(directory), "migration")}.`);
    return await checkProject(context, shadow, { picture, fix, rulesFrom: config.rulesFrom });
  });
  if (result.picture === "written") output.line(`Drew the picture: ${config.picture}.`);
  output.document(toDocument(result));
  for (const line of describe(output, result)) output.line(line);
  annotate(output, annotationsOf(result));
  if (result.outcome === "ok") return exitCodes.done;
  const found = result.problems.length + (result.differences?.length ? 1 : 0);
  output.error(output.paint("red", `The check found ${count(found, "problem")}.`));
  return exitCodes.refused;
}

/** The result for programs, with file paths relative to the checkout. */
function toDocument({ outcome, problems, differences, picture, notes }: ProjectCheck): object {
  const named = problems.map(({ file, ...problem }) => ({
    ...problem,
    file: file === null ? null : relativeFile(file, process.env),
  }));
  return { outcome, problems: named, differences, picture, notes };
}

function describe(output: Output, { outcome, problems, differences, renames, notes }: ProjectCheck): string[] {
  if (outcome === "ok")
    return [
      output.paint(
        "green",
        differences
          ? "The history is sound, and the migrations give the schema of the models."
          : "The files of the history are sound.",
      ),
      ...notes,
    ];
  const missing = differences ?? [];
  return [
    ...problems.map(({ code, message }) => `${output.paint("red", code)}: ${message}`),
    ...(missing.length > 0 ? [`${output.paint("red", "models")}: ${modelsDiffer}`] : []),
    ...missing.flatMap((statement) => `  ${statement};`.split("\n")),
    ...renames.map(
      ({ from, to }) => `  ("migrator create" asks first whether ${from} is renamed, to ${to.join(" or ")})`,
    ),
  ];
}

const modelsDiffer = `the migrations do not give the schema of the models; "migrator create NAME" would write:`;

function annotationsOf({ problems, differences, differencesAt }: ProjectCheck): Annotation[] {
  const missing = (differences ?? []).map((statement) => `\n${statement};`).join("");
  return [
    ...problems.map(({ code, message, file, line }) => ({ title: `migrator check: ${code}`, message, file, line })),
    ...(missing ? [{ title: "migrator check: models", message: modelsDiffer + missing, ...differencesAt }] : []),
  ];
}

/** On GitHub, also annotates an error that ends the check. */
async function annotateFailure<Result>(
  output: Output,
  directory: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const annotation = annotationOf(error, directory);
    annotate(output, annotation ? [annotation] : []);
    throw error;
  }
}

function annotate(output: Output, annotations: readonly Annotation[]): void {
  if (isOnGitHub(process.env)) for (const one of annotations) output.line(toWorkflowCommand(one, process.env));
}
