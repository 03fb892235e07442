import path from "node:path";
import { MigratorError, type Place } from "@thedata/migrator/internal";

/** An error that GitHub shows at a file and line of a pull request. */
export interface Annotation extends Place {
  readonly title: string;
  readonly message: string;
  /** Default: error. */
  readonly level?: "error" | "warning" | "notice";
}

/** True in a GitHub workflow, where GitHub reads the command's output. */
export function isOnGitHub(environment: NodeJS.ProcessEnv): boolean {
  return environment["GITHUB_ACTIONS"] === "true";
}

/** A file's path from the checkout (`GITHUB_WORKSPACE`), else from the working directory; absolute where outside. */
export function relativeFile(file: string, environment: NodeJS.ProcessEnv): string {
  const top = environment["GITHUB_WORKSPACE"] || process.cwd();
  const relative = path.relative(top, file);
  return (relative.startsWith("..") ? file : relative).replaceAll(path.sep, "/");
}

/** GitHub's workflow command for an annotation: `::error file=…,line=…,title=…::message`. */
export function toWorkflowCommand(
  { file, line, title, message, level = "error" }: Annotation,
  environment: NodeJS.ProcessEnv,
): string {
  const properties = [
    ...(file === null ? [] : [`file=${escapeProperty(relativeFile(file, environment))}`]),
    ...(file === null || line === null ? [] : [`line=${line}`]),
    `title=${escapeProperty(title)}`,
  ];
  return `::${level} ${properties.join(",")}::${escapeMessage(message)}`;
}

function escapeMessage(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** The annotation of an error that ended a command, null for a bug; `directory` holds the migrations. */
export function annotationOf(error: unknown, directory: string): Annotation | null {
  if (!(error instanceof MigratorError)) return null;
  const { migration, line } = error as { migration?: unknown; line?: unknown };
  const known = typeof migration === "string" && migration !== "";
  return {
    title: `migrator: ${error.code}`,
    message: error.message,
    file: known ? path.join(directory, `${migration}.ts`) : null,
    line: known ? (typeof line === "number" ? line : 1) : null,
  };
}
