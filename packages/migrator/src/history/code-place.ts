import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { readTokens } from "./source-tokens.ts";

/** The place in a file where an error of its code arose; both numbers from 1. */
export interface CodePlace {
  readonly line: number;
  readonly column: number;
}

/** Finds the place in `file` of an error from loading or running it; `source` is the file's text. */
export function findCodePlace(error: Error, file: string, source: string): CodePlace | undefined {
  const names = [file, realpath(file)];
  return findFrame(error, names) ?? findPointer(error, names) ?? findSyntaxError(error, source);
}

/** Reads the place from a stack frame: `at M1.up (file:///m/M1.ts:3:5)`. */
function findFrame({ stack = "" }: Error, names: readonly string[]): CodePlace | undefined {
  for (const line of stack.split("\n")) {
    const [, where = "", row, column] = /^ {4}at (?:.*\()?(.+):(\d+):(\d+)\)?$/.exec(line) ?? [];
    if (names.includes(toPath(where))) return { line: Number(row), column: Number(column) };
  }
  return undefined;
}

/** Reads the place from a syntax error's first lines: `/m/M1.ts:3`, the code, and marks below it. */
function findPointer({ stack = "" }: Error, names: readonly string[]): CodePlace | undefined {
  const [first = "", ...lines] = stack.split("\n");
  const [, where = "", row] = /^(.+):(\d+)$/.exec(first) ?? [];
  const marks = lines.find((line) => /^\s*\^+\s*$/.test(line));
  if (marks === undefined || !names.includes(toPath(where))) return undefined;
  return { line: Number(row), column: marks.indexOf("^") + 1 };
}

const wrapper = "async function code() {";

/**
 * Node gives no place for a syntax error in a module: compiles the code as a function, and reads the place if that
 * gives the same error.
 */
function findSyntaxError(error: Error, source: string): CodePlace | undefined {
  if (error.name !== "SyntaxError") return undefined;
  const filename = "/code";
  try {
    // Compiled only for its error.
    void new Script(`${wrapper}${withoutModules(source)}\n}`, { filename, columnOffset: -wrapper.length });
    return undefined;
  } catch (cause) {
    const found = cause as Error;
    return found.message === error.message ? findPointer(found, [filename]) : undefined;
  }
}

/** Replaces by spaces what only a module may contain. */
function withoutModules(source: string): string {
  const tokens = readTokens(source);
  let code = source;
  for (const [index, { kind, text, at }] of tokens.entries()) {
    if (kind !== "word" || !/^(import|export)$/.test(text) || tokens[index - 1]?.text === ".") continue;
    const specifier = text === "import" ? tokens.slice(index).find((token) => token.kind === "string") : undefined;
    const end = specifier ? specifier.at + specifier.text.length + 2 : at + text.length;
    code = code.slice(0, at) + code.slice(at, end).replaceAll(/\S/g, " ") + code.slice(end);
  }
  return code;
}

function toPath(where: string): string {
  return where.startsWith("file:") ? fileURLToPath(where) : where;
}

function realpath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
