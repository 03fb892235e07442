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
import type { Filling, Replacement, SafePart, Swap } from "./part.ts";
import { type Describe, liveTable, targetOf } from "./subject.ts";

const why = {
  alone: "CONCURRENTLY keeps nobody waiting, and runs outside a transaction.",
  backfill: "The rows that are there are filled in batches, which keep nobody waiting.",
  filled: "Every row is filled: from here on each new one must be, which is looked at later.",
  validated:
    "What was added NOT VALID is validated here: the scan keeps nobody waiting, because no stronger lock is held.",
  swapped: "The new column takes the old one's place, in a moment.",
} as const;

/**
 * Splits statements into a sequence of migrations that keep readers and writers of live tables waiting for moments only:
 * indexes CONCURRENTLY, foreign keys and checks NOT VALID and validated later, NOT NULL by a validated check, a unique
 * constraint by an index, a default that differs by row and a change of type in batches. One part, the statements as
 * they are: there is nothing to split. `schema` is changed.
 */
export function splitSafely(
  statements: readonly string[],
  schema: Schema,
  describe: Describe = () => undefined,
): SafePart[] {
  const parts: SafePart[] = [];
  const later: Replacement[] = [];
  let open: string[] = [];
  const close = () => {
    if (open.length > 0) parts.push({ statements: open, transactional: true, why: undefined });
    open = [];
  };
  for (const sql of statements.flatMap((one) => separate(one, statements, schema, describe))) {
    const replacement = replace(sql, statements, schema, describe);
    open.push(...(replacement ? (replacement.now ?? []) : [sql]));
    if (replacement?.alone) {
      close();
      parts.push({ statements: replacement.alone, transactional: false, why: why.alone });
    }
    if (replacement) later.push(replacement);
    for (const { node } of parseStatements([sql])) for (const action of actionsOf(node)) apply(action, schema, 0);
  }
  close();
  return [...parts, ...laterParts(later)];
}

/** The migrations behind those that stand in the order of the statements. */
function laterParts(replacements: readonly Replacement[]): SafePart[] {
  const fillings = replacements.flatMap(({ backfill }) => backfill ?? []);
  const together = (phase: "filled" | "validated"): SafePart[] => {
    const all = replacements.flatMap((one) => one[phase] ?? []);
    return all.length === 0 ? [] : [{ statements: all, transactional: true, why: why[phase] }];
  };
  const swaps = replacements.flatMap(({ swapped }) => (swapped ? [toSwap(swapped)] : []));
  return [...fillings.map(toBackfill), ...together("filled"), ...together("validated"), ...swaps];
}

function toSwap({ up, down, allowed }: Swap): SafePart {
  return { statements: up, down, allowed, transactional: true, why: why.swapped };
}

function toBackfill(backfill: Filling): SafePart {
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
  const target = targetOf(sql);
  const head = target === undefined ? undefined : sql.slice(0, sql.indexOf(target) + target.length);
  if (head === undefined) return [sql];
  const commands = splitList(sql.slice(head.length).replace(/;\s*$/, "")).map((command) => `${head} ${command.trim()}`);
  if (commands.length < 2 || commands.some((one) => actionsIn(one).length !== 1)) return [sql];
  return commands.some((one) => replace(one, all, schema, describe)) ? commands : [sql];
}

function actionsIn(sql: string): Action[] {
  const parsed = parseStatements([sql]);
  return parsed.length === 1 ? parsed.flatMap(({ node }) => actionsOf(node)) : [];
}

/** The safe form of a statement; undefined where it is safe as it is, or has none. */
function replace(sql: string, all: readonly string[], schema: Schema, describe: Describe): Replacement | undefined {
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
  if (change.do === "add column") return addColumn({ ...subject, change });
  // The column is another one from the last migration on: what else the change does to it would be lost.
  if (change.do === "set type" && countOf(change.column, all) === 1) return changeType({ ...subject, change });
  return undefined;
}

/** How many statements name the column. */
function countOf(column: string, all: readonly string[]): number {
  return all.filter((sql) => sql.includes(column)).length;
}
