import { versionOf } from "./version.ts";
import { readFile } from "node:fs/promises";
import type { MigrationFile } from "./folder.ts";
import type { History } from "./history.ts";
import { isLeftBlank, leftBlank } from "./left-blank.ts";
import type { LoadedMigration } from "./load.ts";
import { isSqlFile } from "./sql-file.ts";
import { readTokens, type Token } from "./source-tokens.ts";

/** A migration's violation of a source rule; the rules hold in a folder with a manifest. */
export interface RuleViolation {
  readonly code: "name" | "import" | "no-down" | "empty";
  readonly migration: string;
  readonly message: string;
  /** The line of the migration's file, from 1. */
  readonly line: number;
}

/**
 * Checks a folder's migrations against the rules about names, imports and `down`: all, or those from the version `from`
 * on, where earlier ones were written elsewhere.
 */
export async function checkRules(history: History, from = "0"): Promise<RuleViolation[]> {
  const files = history.folder.files.filter(({ name }) => BigInt(versionOf(name) ?? 0) >= BigInt(from));
  const violations = files.map(async (file) => {
    const migration = await history.load(file.name);
    if (file.listed || isSqlFile(file)) return checkSql(migration);
    return checkMigration(migration, readTokens(await readFile(file.path, "utf8")));
  });
  return [...(await Promise.all(violations)).flat(), ...findTwins(files)];
}

/** Plain SQL has no class and imports nothing. */
function checkSql(migration: LoadedMigration): RuleViolation[] {
  const { name, down } = migration;
  const blank = (["up", "down"] as const).filter((direction) => isLeftBlank(migration, direction));
  const found: Found[] = [
    ...(down === null ? [{ code: "no-down", line: 1, message: "has no down: write one." } as const] : []),
    ...blank.map((direction): Found => ({
      code: "empty",
      line: 1,
      message: `${leftBlank(direction)}.`,
    })),
  ];
  return found.map((one) => ({ ...one, migration: name, message: `${name} ${one.message}` }));
}

/** Checks one migration against the rules, by the tokens of its file. */
export function checkMigration(
  migration: Pick<LoadedMigration, "name" | "up" | "down" | "irreversible" | "noop">,
  tokens: readonly Token[],
): RuleViolation[] {
  const { name } = migration;
  const own = findClass(tokens, name);
  const line = own?.line ?? 1;
  const violations = [
    ...checkName(name, line),
    ...checkImports(tokens),
    ...checkClass(name, tokens, own),
    ...checkDown(migration, line),
    ...checkBlank(migration, tokens, own),
  ];
  return violations.map((one) => ({ ...one, migration: name, message: `${name} ${one.message}` }));
}

type Found = Omit<RuleViolation, "migration">;

interface FoundClass {
  readonly name: string;
  readonly line: number;
  /** The index of the word `class` among the tokens. */
  readonly index: number;
}

/** The class of this name, else the first class. */
function findClass(tokens: readonly Token[], name: string): FoundClass | undefined {
  const classes = tokens.flatMap((token, index): FoundClass[] => {
    const [before, after] = [tokens[index - 1], tokens[index + 1]];
    if (token.kind !== "word" || token.text !== "class" || before?.text === "." || after?.kind !== "word") return [];
    return [{ name: after.text, line: token.line, index }];
  });
  return classes.find((one) => one.name === name) ?? classes[0];
}

/** The string that a class assigns to its own property `name`. */
function findName(tokens: readonly Token[], { index }: FoundClass): Token | undefined {
  let depth = 0;
  for (const [offset, { kind, text }] of tokens.slice(index).entries()) {
    if (kind === "sign" && text === "{") depth += 1;
    if (kind === "sign" && text === "}") depth -= 1;
    const [sign, value] = tokens.slice(index + offset + 1, index + offset + 3);
    if (depth === 1 && kind === "word" && text === "name" && sign?.text === "=" && value?.kind === "string")
      return value;
    if (depth === 0 && text === "}") return undefined;
  }
  return undefined;
}

function checkName(name: string, line: number): Found[] {
  if (/^Migration\d{14}_[a-z0-9_]+$/.test(name)) return [];
  return [wrongName(line, "is not named Migration<YYYYMMDDHHMMSS>_<snake_name>: rename file and class.")];
}

function checkClass(name: string, tokens: readonly Token[], found: FoundClass | undefined): Found[] {
  const own = found && findName(tokens, found);
  return [
    ...(found?.name === name
      ? []
      : [wrongName(found?.line ?? 1, "holds a class of another name: give it the file's name.")]),
    ...(own === undefined || own.text === name
      ? []
      : [wrongName(own.line, `sets its property name to "${own.text}": use the file's name.`)]),
  ];
}

function wrongName(line: number, message: string): Found {
  return { code: "name", line, message };
}

function checkDown({ down, irreversible }: Pick<LoadedMigration, "down" | "irreversible">, line: number): Found[] {
  if (down !== null || irreversible?.trim()) return [];
  const message =
    irreversible === null
      ? "has no down: write one, or one that throws the reason why it cannot be reverted."
      : "has a down that throws without a reason: say in the error why it cannot be reverted.";
  return [{ code: "no-down", line, message }];
}

/** A direction without a statement is refused by the run too. */
function checkBlank(
  migration: Parameters<typeof checkMigration>[0],
  tokens: readonly Token[],
  own: FoundClass | undefined,
): Found[] {
  const blank = (["up", "down"] as const).filter((direction) => isLeftBlank(migration, direction));
  return blank.map((direction) => {
    const method = tokens.slice(own?.index).find(({ kind, text }) => kind === "word" && text === direction);
    const line = method?.line ?? own?.line ?? 1;
    return { code: "empty", line, message: `${leftBlank(direction)}.` };
  });
}

const frozen = "a migration is frozen and must not change with other code; write its SQL out.";

function checkImports(tokens: readonly Token[]): Found[] {
  return tokens.flatMap((token, index): Found[] => {
    if (token.kind !== "word" || !/^(from|import|require)$/.test(token.text) || tokens[index - 1]?.text === ".")
      return [];
    const next = tokens[index + 1];
    const called = next?.text === "(" && next.kind === "sign";
    const specifier = called ? tokens[index + 2] : next;
    if (called && token.text !== "from" && specifier?.kind !== "string")
      return [{ code: "import", line: token.line, message: `imports a module whose name is computed: ${frozen}` }];
    if (specifier?.kind !== "string" || specifier.text.startsWith("@mikro-orm/")) return [];
    const message = `imports "${specifier.text}": ${frozen}`;
    return [{ code: "import", line: token.line, message }];
  });
}

function findTwins(files: readonly MigrationFile[]): RuleViolation[] {
  return files.flatMap(({ name }, index): RuleViolation[] => {
    const before = files[index - 1]?.name;
    if (!before || versionOf(before) !== versionOf(name)) return [];
    const message = `${name} has the same time stamp as ${before}: which comes first must not depend on the rest of the name.`;
    return [{ code: "name", migration: name, message, line: 1 }];
  });
}
