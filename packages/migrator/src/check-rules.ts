import { readFile } from "node:fs/promises";
import type { MigrationFile } from "./discover.ts";
import type { History } from "./history.ts";
import type { LoadedMigration } from "./load.ts";
import type { MigrationDriver } from "./recorder.ts";
import { stampOf } from "./resolve-target.ts";
import { readTokens, type Token } from "./source-tokens.ts";

/** A rule of our own for a folder with a manifest that a migration breaks. */
export interface RuleViolation {
  readonly code: "name" | "import" | "no-down";
  readonly migration: string;
  readonly message: string;
  /** The line of the migration's file, from 1. */
  readonly line: number;
}

/** Holds every migration of a folder to our rules about names, imports and the way back. */
export async function checkRules(history: History): Promise<RuleViolation[]> {
  const { files } = history.folder;
  const violations = files.map(async (file) => {
    const [migration, source] = [await history.load(file.name), await readFile(file.path, "utf8")];
    return checkMigration(migration, readTokens(source));
  });
  return [...(await Promise.all(violations)).flat(), ...findTwins(files)];
}

/** The same for one migration, by the tokens of its file. */
export function checkMigration(migration: LoadedMigration, tokens: readonly Token[]): RuleViolation[] {
  const { name } = migration;
  const line = classLine(tokens, name);
  const found = [
    ...checkName(name, line),
    ...checkImports(tokens),
    ...checkClass(migration, tokens, line),
    ...checkDown(migration, line),
  ];
  return found.map((one) => ({ ...one, migration: name, message: `${name} ${one.message}` }));
}

type Found = Omit<RuleViolation, "migration">;

/** The line of the class of this name, or of the first one that there is. */
function classLine(tokens: readonly Token[], name: string): number {
  const lines = tokens.flatMap((token, index) => {
    const [before, after] = [tokens[index - 1], tokens[index + 1]];
    if (token.kind !== "word" || token.text !== "class" || before?.text === "." || after?.kind !== "word") return [];
    return [{ name: after.text, line: token.line }];
  });
  return (lines.find((one) => one.name === name) ?? lines[0])?.line ?? 1;
}

function checkName(name: string, line: number): Found[] {
  if (/^Migration\d{14}_[a-z0-9_]+$/.test(name)) return [];
  return [
    { code: "name", line, message: "is not named Migration<YYYYMMDDHHMMSS>_<snake_name>: rename file and class." },
  ];
}

function checkClass({ name, create }: LoadedMigration, tokens: readonly Token[], line: number): Found[] {
  // Nothing is asked of the driver before up() or down() run.
  const instance = create({} as MigrationDriver, {});
  const assigned = tokens.find(
    (token, index) => token.text === "name" && tokens[index + 1]?.text === "=" && tokens[index + 2]?.kind === "string",
  );
  const named: Found[] =
    (instance.name ?? name) === name
      ? []
      : [
          {
            code: "name",
            line: assigned?.line ?? line,
            message: `calls itself "${instance.name}": give it the file's name.`,
          },
        ];
  if (instance.constructor.name === name) return named;
  return [{ code: "name", line, message: "holds a class of another name: give it the file's name." }, ...named];
}

function checkDown({ down, irreversible }: LoadedMigration, line: number): Found[] {
  if (down !== null || irreversible?.trim()) return [];
  const message =
    irreversible === null
      ? "has no down: write one, or one that throws the reason why there is no way back."
      : "has a down that throws without a reason: say in the error why there is no way back.";
  return [{ code: "no-down", line, message }];
}

function checkImports(tokens: readonly Token[]): Found[] {
  return tokens.flatMap((token, index): Found[] => {
    if (token.kind !== "word" || !/^(from|import|require)$/.test(token.text) || tokens[index - 1]?.text === ".")
      return [];
    const next = tokens[index + 1];
    const called = next?.text === "(" && next.kind === "sign";
    const specifier = called ? tokens[index + 2] : next;
    if (specifier?.kind !== "string" || specifier.text.startsWith("@mikro-orm/")) return [];
    const message = `imports "${specifier.text}": a migration is frozen and must not change with other code; write its SQL out.`;
    return [{ code: "import", line: token.line, message }];
  });
}

function findTwins(files: readonly MigrationFile[]): RuleViolation[] {
  return files.flatMap(({ name }, index): RuleViolation[] => {
    const before = files[index - 1]?.name;
    if (!before || stampOf(before) !== stampOf(name)) return [];
    const message = `${name} has the same time stamp as ${before}: which comes first must not depend on the rest of the name.`;
    return [{ code: "name", migration: name, message, line: 1 }];
  });
}
