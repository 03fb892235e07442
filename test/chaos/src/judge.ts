import type { Ending } from "./command.ts";

/** The allowed exit codes of a command: the documented ones without 1, which means a bug. */
const allowed = new Set([0, 2, 3, 4, 5, 6, 7, 130, 143]);

/** The document of `status --json`, in part. */
export interface StatusDocument {
  readonly state: string;
  readonly applied: readonly { readonly name: string }[];
  readonly problems: readonly ProblemDocument[];
}

export interface ProblemDocument {
  readonly code: string;
  readonly migration: string | null;
  readonly message: string;
  readonly direction?: string;
}

/** The document of `up --json` and `down --json`, in part. */
export interface RunDocument {
  readonly outcome: string;
  readonly steps: readonly { readonly name: string; readonly result: string }[];
  readonly problems: readonly ProblemDocument[];
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** How a command was disturbed. */
export interface Treatment {
  readonly json: boolean;
  readonly killed: boolean;
  /** A signal came before the program could have installed its handlers. */
  readonly early: boolean;
  /** A second signal came, after which it may end without output. */
  readonly twice: boolean;
}

/** Finds what no command may do, however disturbed: an undocumented exit code, a stack trace, half a document. */
export function findFaults(ending: Ending, { json, killed, early, twice }: Treatment): string[] {
  const { code, signal, stdout, stderr, hung } = ending;
  const faults: string[] = [];
  if (hung) return ["did not end within two minutes"];
  if (killed && signal === "SIGKILL") return faults;
  if (signal) return early ? faults : [`ended by ${signal} without an exit code`];
  if (code === null || !allowed.has(code)) faults.push(`exit code ${code}: ${firstLine(stderr)}`);
  else if (/^\s+at .+:\d+:\d+\)?$/m.test(stderr)) faults.push(`a stack on standard error: ${firstLine(stderr)}`);
  const document = json ? readDocument(stdout) : undefined;
  if (json && !document && !(twice && stdout === ""))
    faults.push(
      `standard output is not one document (exit code ${code}): ${stdout.replaceAll(/\s+/g, " ") || "nothing"}`,
    );
  if (document?.error?.code === "interrupted" && code !== 130 && code !== 143)
    faults.push(`exit code ${code} for an interrupted run, where 130 or 143 is right`);
  return faults;
}

/** Finds contradictions between a run's exit code, its document and the ledger. */
export function findLies(ending: Ending, document: RunDocument, ledger: readonly string[]): string[] {
  const done = new Set(["applied", "reverted", "nothing"]);
  const lies: string[] = [];
  // It was killed after its last output.
  if (ending.code === null) return lies;
  if ((ending.code === 0) !== done.has(document.outcome))
    lies.push(`exit code ${ending.code} with the outcome "${document.outcome}"`);
  for (const { name, result } of document.steps) {
    if (result === "applied" && !ledger.includes(name)) lies.push(`reports ${name} as applied, the ledger has it not`);
    if (result === "reverted" && ledger.includes(name))
      lies.push(`reports ${name} as reverted, the ledger has it still`);
  }
  return lies;
}

/** The only document on standard output; undefined where there is none, or more than one. */
export function readDocument<Document = RunDocument>(stdout: string): Document | undefined {
  try {
    return JSON.parse(stdout) as Document;
  } catch {
    return undefined;
  }
}

/** The half-done step that a status or refusal names. */
export function findHalfDone(problems: readonly ProblemDocument[]): ProblemDocument | undefined {
  return problems.find(({ code }) => code === "half-done");
}

/** The first non-empty line. */
export function firstLine(text: string): string {
  return text.trim().split("\n")[0] ?? "";
}
