import { styleText } from "node:util";
import { escapeControls } from "@thedata/migrator/internal";
import { standardOutput } from "./standard-output.ts";

type Format = Parameters<typeof styleText>[0];

/**
 * Where a command's words go: lines for people, one JSON document and nothing else, or a JSON object a line. What
 * controls a terminal is shown escaped, a line break in a line too: names and messages are of others.
 */
export interface Output {
  readonly json: boolean;
  /** True where a spinner can turn. */
  isInteractive(): boolean;
  /** A line for people, or several in one write; swallowed by --quiet, --json and --log-format json. */
  line(text?: string | readonly string[]): void;
  /** Something that happened, for programs that read logs; printed with --log-format json only. */
  event(event: { readonly type: string }): void;
  /** The result, for programs; printed with --json, and as the last line of --log-format json. */
  document(value: object): void;
  /** An error, for people, on standard error whatever the options; each text is a line. */
  error(text: string | readonly string[]): void;
  paint(format: Format, text: string): string;
}

export interface OutputOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly logFormat?: "text" | "json";
}

let documented = false;

/** Makes the output that the options ask for. */
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
      // The result is out: what ends the process later, a signal or code that was left running, has no document of its own.
      if (documented) return;
      documented = json || logs;
      if (json) write(toJson(value, 2));
      else if (logs) log("result", value);
    },
    error: (text) => void process.stderr.write(`${toText(text)}\n`),
    paint,
  };
}

// Stands for the escape character of our own colours: no text of others holds it.
const escapeMark = `\u001b${Math.random().toString(36)}`;

function toText(lines: string | readonly string[]): string {
  return [lines]
    .flat()
    .map((line) => escapeOthers(line).replaceAll(escapeMark, "\u001b"))
    .join("\n");
}

function escapeOthers(line: string): string {
  return line.split(escapeMark).map(escapeControls).join(escapeMark);
}

/** JSON.stringify escapes less than a terminal acts on: nothing beyond the controls of ASCII. */
function toJson(value: object, indent?: number): string {
  const json = JSON.stringify(value, null, indent);
  return /[^\n -~]/.test(json) ? json.split("\n").map(escapeControls).join("\n") : json;
}

function paint(format: Format, text: string): string {
  const stream = standardOutput();
  // As styleText has it, which loads what it asks first.
  const plain = !stream.isTTY && process.env["FORCE_COLOR"] === undefined;
  return plain ? text : styleText(format, escapeOthers(text), { stream }).replaceAll("\u001b", escapeMark);
}
