import { styleText } from "node:util";
import { escapeControls } from "@thedata/migrator/internal";
import { standardOutput } from "./standard-output.ts";

type Format = Parameters<typeof styleText>[0];

/**
 * Writes a command's output: lines for people, or one JSON document, or one JSON object per line. Escapes control
 * characters, and line breaks within a line: names and messages come from elsewhere.
 */
export interface Output {
  readonly json: boolean;
  /** True where a spinner can be shown. */
  isInteractive(): boolean;
  /** Prints one line for people, or several in one write; nothing with --quiet, --json or --log-format json. */
  line(text?: string | readonly string[]): void;
  /** Prints an event for programs that read logs, with --log-format json only. */
  event(event: { readonly type: string }): void;
  /** Prints the result for programs, with --json, and as the last line with --log-format json. */
  document(value: object): void;
  /** Prints an error for people on standard error, whatever the options; each text is a line. */
  error(text: string | readonly string[]): void;
  paint(format: Format, text: string): string;
}

export interface OutputOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly logFormat?: "text" | "json";
}

let documented = false;

/** Creates the output for these options. */
export function createOutput({ json = false, quiet = false, logFormat = "text" }: OutputOptions): Output {
  const logs = logFormat === "json" && !json;
  const write = (text: string) => void standardOutput().write(`${text}\n`);
  const log = (type: string, fields: object) => write(toJson({ time: new Date().toISOString(), type, ...fields }));
  return {
    json,
    isInteractive: () => !json && !quiet && !logs && standardOutput().isTTY,
    line: (text = "") => void (json || quiet || logs || write(toText(text))),
    event: (event) => void (logs && log(event.type, event)),
    document: (value) => {
      // One result per process: a signal or code left running may end the process later and must not add another.
      if (documented) return;
      documented = json || logs;
      if (json) write(toJson(value, 2));
      else if (logs) log("result", value);
    },
    error: (text) => void process.stderr.write(`${toText(text)}\n`),
    paint,
  };
}

// Stands for the escape character of our own colours until the text is escaped; random, so no other text has it.
const escapeMark = `\u001b${Math.random().toString(36)}`;

/** Lines as text, with what a terminal would act on escaped; our own colours stay. */
export function toText(lines: string | readonly string[]): string {
  return [lines]
    .flat()
    .map((line) => escapeOthers(line).replaceAll(escapeMark, "\u001b"))
    .join("\n");
}

function escapeOthers(line: string): string {
  return line.split(escapeMark).map(escapeControls).join(escapeMark);
}

/** Escapes what a terminal acts on: JSON.stringify escapes only ASCII's control characters. */
function toJson(value: object, indent?: number): string {
  const json = JSON.stringify(value, null, indent);
  return /[^\n -~]/.test(json) ? json.split("\n").map(escapeControls).join("\n") : json;
}

function paint(format: Format, text: string): string {
  const stream = standardOutput();
  // styleText does the same check, but only after it loads modules.
  const plain = !stream.isTTY && process.env["FORCE_COLOR"] === undefined;
  return plain ? text : styleText(format, escapeOthers(text), { stream }).replaceAll("\u001b", escapeMark);
}
