import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

/** Where a command's words go: lines for people, or one JSON document and nothing else. */
export interface Output {
  readonly json: boolean;
  /** True where a spinner can turn. */
  readonly interactive: boolean;
  /** A line for people; swallowed by --quiet and --json. */
  line(text?: string): void;
  /** The result, for programs; printed with --json only. */
  document(value: unknown): void;
  /** An error, for people, on standard error whatever the options. */
  error(text: string): void;
  paint(format: Format, text: string): string;
}

/** Makes the output that the options ask for. */
export function createOutput({ json = false, quiet = false }: { json?: boolean; quiet?: boolean }): Output {
  const paint = (format: Format, text: string) => styleText(format, text, { stream: process.stdout });
  return {
    json,
    interactive: process.stdout.isTTY === true && !json && !quiet,
    line: (text = "") => void (json || quiet || process.stdout.write(`${text}\n`)),
    document: (value) => void (json && process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)),
    error: (text) => void process.stderr.write(`${text}\n`),
    paint,
  };
}
