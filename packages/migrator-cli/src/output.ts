import { styleText } from "node:util";
import { exitCodes } from "./exit-codes.ts";

type Format = Parameters<typeof styleText>[0];

/** Where a command's words go: lines for people, one JSON document and nothing else, or a JSON object a line. */
export interface Output {
  readonly json: boolean;
  /** True where a spinner can turn. */
  isInteractive(): boolean;
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

let guarded = false;

/** Standard output, made at its first use: most starts ask the server first, and print while they wait for nobody. */
export function standardOutput(): typeof process.stdout {
  if (!guarded)
    // The reader of a pipe may have seen enough: `migrator up --dry-run | head`.
    process.stdout.on("error", (error: NodeJS.ErrnoException) =>
      process.exit(error.code === "EPIPE" ? exitCodes.done : exitCodes.bug),
    );
  guarded = true;
  return process.stdout;
}

/** Makes the output that the options ask for. */
export function createOutput({ json = false, quiet = false, logFormat = "text" }: OutputOptions): Output {
  const logs = logFormat === "json" && !json;
  const write = (text: string) => void standardOutput().write(`${text}\n`);
  const log = (type: string, fields: object) =>
    write(JSON.stringify({ time: new Date().toISOString(), type, ...fields }));
  return {
    json,
    isInteractive: () => !json && !quiet && !logs && standardOutput().isTTY === true,
    line: (text = "") => void (json || quiet || logs || write(text)),
    event: (event) => void (logs && log(event.type, event)),
    document: (value) => (json ? write(JSON.stringify(value, null, 2)) : void (logs && log("result", value))),
    error: (text) => void process.stderr.write(`${text}\n`),
    paint,
  };
}

function paint(format: Format, text: string): string {
  const stream = standardOutput();
  // As styleText has it, which loads what it asks first.
  const plain = !stream.isTTY && process.env["FORCE_COLOR"] === undefined;
  return plain ? text : styleText(format, text, { stream });
}
