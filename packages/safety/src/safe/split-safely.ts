import { splitList } from "@thedata/catalog/sql";
import type { Action } from "../parse/actions.ts";
import { actionsOf } from "../parse/read-actions.ts";
import { parseStatements } from "../parse/statement.ts";
import { apply } from "../schema/apply.ts";
import type { Schema } from "../schema/schema.ts";
import { addColumn } from "./add-column.ts";
import { changeType } from "./change-type.ts";
import { addConstraint, setNotNull } from "./constraints.ts";
import { createIndex, dropIndex } from "./indexes.ts";
import type { SafeBackfill, Replacement, SafePart, Swap } from "./part.ts";
import { reverseRename } from "./renames.ts";
import { type Describe, headOf, liveTable, targetOf, withoutComments } from "./subject.ts";

const why = {
  renamed: "What is renamed keeps its rows, on the way back too.",
  alone: "CONCURRENTLY keeps nobody waiting, and runs outside a transaction.",
  backfill: "The rows that are there are filled in batches, which keep nobody waiting.",
  filled: "Every row is filled: from here on each new one must be, which is looked at later.",
  validated:
    "What was added NOT VALID is validated here: the scan keeps nobody waiting, because no stronger lock is held.",
  swapped:
    "The new column takes the old one's place, in a moment. It is the table's last column from then on, which INSERT and COPY without column names notice.",
} as const;

/**
 * Splits statements into a sequence of migrations that keep readers and writers of live tables waiting for moments only:
 * indexes CONCURRENTLY, foreign keys and checks NOT VALID and validated later, NOT NULL by a validated check, a unique
 * constraint by an index, a default that differs by row and a change of type in batches. Undefined: there is nothing to
 * split. `schema` is changed.
 */
export function splitSafely(
  given: readonly string[],
  schema: Schema,
  describe: Describe = () => undefined,
): SafePart[] | undefined {
  const all = given.map((sql) => sql.replace(/;\s*$/, ""));
  const [now, later]: [SafePart[], Replacement[]] = [[], []];
  for (const sql of all.flatMap((one) => separate(one, all, schema, describe))) {
    const replacement = replace(sql, all, schema, describe);
    const way = replacement ? undefined : reverseRename(sql);
    if (way !== undefined) addTo(now, sql, way);
    else for (const one of replacement ? (replacement.now ?? []) : [sql]) addTo(now, one);
    if (replacement?.alone) now.push({ statements: replacement.alone, transactional: false, why: why.alone });
    if (replacement) later.push(replacement);
    for (const { node } of parseStatements([sql])) for (const action of actionsOf(node)) apply(action, schema, 0);
  }
  return later.length === 0 ? undefined : [...now, ...laterParts(later)];
}

/**
 * Adds a statement to the transaction at hand, or begins one. Renames have migrations of their own, with their way back:
 * the catalogs would say that the one name goes and another comes, and with it the rows.
 */
function addTo(parts: SafePart[], sql: string, wayBack?: string): void {
  const last = parts.at(-1);
  const isOpen = last?.transactional && (last.down !== undefined) === (wayBack !== undefined);
  if (isOpen) parts.pop();
  const before = isOpen ? last : undefined;
  parts.push({
    statements: [...(before?.statements ?? []), sql],
    transactional: true,
    why: wayBack === undefined ? undefined : why.renamed,
    down: wayBack === undefined ? undefined : [wayBack, ...(before?.down ?? [])],
  });
}

/** The migrations behind those that stand in the order of the statements. */
function laterParts(replacements: readonly Replacement[]): SafePart[] {
  const backfills = replacements.flatMap(({ backfill }) => backfill ?? []);
  const together = (phase: "filled" | "validated"): SafePart[] => {
    // Scans first: what comes behind a stronger lock would be waited for.
    const weak = (sql: string) => (/ validate constraint /i.test(sql) ? 0 : 1);
    const all = replacements.flatMap((one) => one[phase] ?? []).toSorted((a, b) => weak(a) - weak(b));
    return all.length === 0 ? [] : [{ statements: all, transactional: true, why: why[phase] }];
  };
  const indexes = replacements.flatMap(({ indexed = [] }) => indexed);
  const built: SafePart[] = indexes.length === 0 ? [] : [{ statements: indexes, transactional: false, why: why.alone }];
  const swaps = replacements.flatMap(({ swapped }) => (swapped ? [toSwap(swapped)] : []));
  return [...backfills.map(toBackfill), ...built, ...together("filled"), ...together("validated"), ...swaps];
}

function toSwap({ up, down, allowed }: Swap): SafePart {
  return { statements: up, down, allowed, transactional: true, why: why.swapped };
}

function toBackfill(backfill: SafeBackfill): SafePart {
  const { table, set, where } = backfill;
  return {
    statements: [`update ${table} set ${set} where ${where}`],
    transactional: true,
    why: why.backfill,
    backfill,
  };
}

/** The commands of an ALTER TABLE as statements of their own, where one of them has a safe form. */
function separate(sql: string, all: readonly string[], schema: Schema, describe: Describe): readonly string[] {
  const bare = withoutComments(sql);
  const head = headOf(bare);
  if (head === undefined) return [sql];
  const commands = splitList(bare.slice(head.length).replace(/;\s*$/, "")).map(
    (command) => `${head} ${command.trim()}`,
  );
  if (commands.length < 2 || commands.some((one) => actionsIn(one).length !== 1)) return [sql];
  return commands.some((one) => replace(one, all, schema, describe)) ? commands : [sql];
}

function actionsIn(sql: string): Action[] {
  const parsed = parseStatements([sql]);
  return parsed.length === 1 ? parsed.flatMap(({ node }) => actionsOf(node)) : [];
}

/** The safe form of a statement; undefined where it is safe as it is, or has none. */
function replace(given: string, all: readonly string[], schema: Schema, describe: Describe): Replacement | undefined {
  const sql = withoutComments(given);
  const [action, ...more] = actionsIn(sql);
  if (!action || more.length > 0) return undefined;
  if (action.do === "create index") return createIndex(sql, action, schema);
  if (action.do === "drop") return dropIndex(sql, action, schema);
  const target = targetOf(sql);
  if (action.do !== "alter table" || target === undefined) return undefined;
  const relation = liveTable(action, schema);
  if (!relation) return undefined;
  const { change } = action;
  const subject = { sql, target, relation, schema, describe };
  if (change.do === "add constraint") return addConstraint({ ...subject, change });
  if (change.do === "set not null") return setNotNull({ ...subject, change });
  // Rows that the change itself writes may need the column as it is in the end.
  if (all.some(changesRows)) return undefined;
  if (change.do === "add column") return addColumn({ ...subject, change });
  // The column is another one from the last migration on: what else the change does to it would be lost.
  if (change.do === "set type" && countOf(change.column, all) === 1) return changeType({ ...subject, change });
  return undefined;
}

const rowChanges = new Set(["insert", "update", "delete", "merge", "copy from", "do", "select", "truncate"]);

/** True for a statement that reads or changes rows, or may. */
export function changesRows(sql: string): boolean {
  return parseStatements([sql]).some(({ node }) => actionsOf(node).some((action) => rowChanges.has(action.do)));
}

/** How many statements name the column. */
function countOf(column: string, all: readonly string[]): number {
  const word = new RegExp(`(?<![\\w$])${column.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w$])`);
  return all.filter((sql) => word.test(sql)).length;
}
