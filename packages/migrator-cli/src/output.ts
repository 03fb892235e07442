import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

/** Where a command's words go: lines for people, one JSON document and nothing else, or a JSON object a line. */
export interface Output {
  readonly json: boolean;
  /** True where a spinner can turn. */
  readonly interactive: boolean;
  /** A line for people; swallowed by --quiet, --json and --log-format json. */
  line(text?: string): void;
  /** Something that happened, for programs that read logs; printed with --log-format json only. */
  event(event: { readonly type: string }): void;
  /** The result, for programs; printed with --json, and as the last line of --log-format json. */
  document(value: object): void;
  /** An error, for people, on standard error whatever the options. */
  error(text: string): void;
  paint(format: Format, text: string): string;
}

export interface OutputOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly logFormat?: "text" | "json";
}

/** Makes the output that the options ask for. */
export function createOutput({ json = false, quiet = false, logFormat = "text" }: OutputOptions): Output {
  const logs = logFormat === "json" && !json;
  const write = (text: string) => void process.stdout.write(`${text}\n`);
  const log = (type: string, fields: object) =>
    write(JSON.stringify({ time: new Date().toISOString(), type, ...fields }));
  return {
    json,
    interactive: process.stdout.isTTY === true && !json && !quiet && !logs,
    line: (text = "") => void (json || quiet || logs || write(text)),
    event: (event) => void (logs && log(event.type, event)),
    document: (value) => (json ? write(JSON.stringify(value, null, 2)) : void (logs && log("result", value))),
    error: (text) => void process.stderr.write(`${text}\n`),
    paint: (format, text) => styleText(format, text, { stream: process.stdout }),
  };
}
