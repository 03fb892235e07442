import { findDrift } from "@thedata/catalog";
import { shorten } from "@thedata/catalog/sql";
import { findMissing, type Missing } from "./compare-contents.ts";
import { type Contents, filterRows } from "./contents.ts";
import { splitByCause } from "./departed.ts";
import type { Declares } from "./declared-losses.ts";
import type { Snapshot } from "./stage.ts";
import { addFault, addNote, type Findings } from "./verdict.ts";

/** A migration that is judged. */
export interface Case {
  readonly findings: Findings;
  /** The losses that the migration declares. */
  readonly declares: Declares;
  /** Yesterday, as PostgreSQL writes it: time stamps of the run are later. */
  readonly since: string;
}

/**
 * Compares what `down` left with what was there before `up`: the schema, the rows, and rows that should not be there.
 */
export function judgeDown(judged: Case, before: Snapshot, restored: Snapshot): void {
  const { findings } = judged;
  for (const { message } of findDrift(before.catalog, restored.catalog, "after down"))
    addFault(findings, "not-restored", `down does not restore the schema: ${message}.`);
  for (const one of findMissing(before.contents, restored.contents)) judgeMissing(judged, one, "after down");
  for (const { table, rows } of extraRows(before.contents, restored.contents))
    addNote(findings, "rows-left", `down leaves ${count(rows)} in ${shorten(table)} that up put there.`);
}

function extraRows(before: Contents, restored: Contents): { table: string; rows: number }[] {
  const extra = [...restored.values()].map(({ table, rows }) => ({
    table,
    rows: rows.length - (before.get(table)?.rows.length ?? rows.length),
  }));
  return extra.filter(({ rows }) => rows > 0);
}

/** Compares the second `up` with the first. */
export function judgeAgain(
  judged: Case,
  { before, after, restored, repeated }: Readonly<Record<"before" | "after" | "restored" | "repeated", Snapshot>>,
): void {
  const { findings } = judged;
  const clean = findings.faults.length === 0 && extraRows(before.contents, restored.contents).length === 0;
  for (const { message } of findDrift(after.catalog, repeated.catalog, "after the second up"))
    if (clean)
      addFault(
        findings,
        "non-deterministic",
        `up makes a different schema the second time, from the same state: ${message}.`,
      );
    else addFault(findings, "not-repeatable", `up after down makes a different schema than the first up: ${message}.`);
  const kept = filterRows(after.contents, before.contents, true);
  for (const one of findMissing(kept, repeated.contents)) {
    if (one.column === null) judgeMissing(judged, one, "after down and up");
    else if (!isReported(findings, one)) addNote(findings, "values-differ", differ(one));
  }
  judgeMadeRows(
    findings,
    filterRows(after.contents, before.contents, false),
    filterRows(repeated.contents, before.contents, false),
  );
}

/** Notes whether the rows that `up` itself inserts, into old or new tables, differ each time. */
function judgeMadeRows(findings: Findings, first: Contents, second: Contents): void {
  for (const [name, table] of first) {
    const other = second.get(name);
    if (!other || table.rows.length === 0) continue;
    const unkeyed = (one: typeof table) => new Map([[name, { ...one, key: [] }]]);
    const missing = findMissing(unkeyed(table), unkeyed(other));
    if (missing.length === 0) continue;
    const columns = missing.flatMap(({ column }) => (column === null ? [] : [column]));
    const what = columns.length > 0 ? columns.join(", ") : "which rows there are";
    addNote(
      findings,
      "values-differ",
      `${shorten(name)}: ${what} ${columns.length === 1 ? "differs" : "differ"} each time up runs, in the rows that up itself inserts.`,
    );
  }
}

function differ({ table, column, rows, of, default: byDefault }: Missing): string {
  const why = byDefault === null ? "" : ` (default ${byDefault})`;
  return `${shorten(table)}.${column}: the same rows get other values each time up runs, ${rows} of ${count(of)}${why}.`;
}

function isReported({ faults, notes }: Findings, one: Missing): boolean {
  return [...faults, ...notes].some(({ message }) => message.startsWith(`${nameOf(one)} `));
}

/** Judges what is lost of the rows that came after `up`: natural in what the migration made, a fault elsewhere. */
export function judgeLosses(
  judged: Case,
  times: Readonly<Record<"before" | "repeated" | "filled" | "reverted" | "final", Contents>>,
): void {
  const { findings } = judged;
  const { before, repeated, filled, reverted, final } = times;
  const made = filterRows(repeated, before, false);
  const later = filterRows(filled, made, false);
  const missing = findMissing(later, final);
  const isOwn = ({ table, column }: Missing) =>
    !before.has(table) || (column !== null && !before.get(table)?.columns.some(({ name }) => name === column));
  const inNewTables = new Map([...filled].filter(([name]) => !before.has(name)));
  const { natural, lost } = splitByCause(missing, filled, new Map([...made, ...inNewTables]));
  for (const { table, column, rows, of } of missing.filter((one) => isOwn(one)))
    findings.losses.push({ table: shorten(table), column, rows, of });
  for (const { table, column, rows, of } of natural.filter((one) => !isOwn(one)))
    findings.losses.push({ table: shorten(table), column, rows, of });
  // A value that is unchanged after down and changed after up is what up does to every row.
  const byDown = new Map(findMissing(later, reverted).map((one) => [nameOf(one), one]));
  for (const one of lost) {
    const rows = countCommon(one, byDown.get(nameOf(one)));
    if (rows > 0 && !isOwn(one) && !isReported(findings, one))
      judgeMissing(judged, { ...one, rows }, "after down, once rows have come after up");
  }
}

/** The number of rows that have lost something both times. */
function countCommon(one: Missing, other: Missing | undefined): number {
  if (!other || one.lost.length === 0) return Math.min(one.rows, other?.rows ?? 0);
  return one.lost.filter((row) => other.lost.includes(row)).length;
}

function judgeMissing({ findings, declares, since }: Case, one: Missing, when: string): void {
  if (declares(one.table, one.column))
    return addNote(findings, "declared-loss", `${lost(one, when)} The migration declares it.`);
  // A trigger sets such a column whenever a row changes.
  if (/^(timestamp|date)/.test(one.type ?? "") && one.instead.every((value) => value !== null && value >= since))
    return addNote(findings, "stamped", `${nameOf(one)} of ${count(one.rows)} has the time of the run ${when}.`);
  addFault(
    findings,
    "data-lost",
    `${lost(one, when)} Keep them in up and put them back in down, or declare it in the class's comment: @loses ${nameOf(one)}`,
  );
}

function lost(one: Missing, when: string): string {
  if (one.column === null) return `${nameOf(one)} has lost ${one.rows} of ${count(one.of)} ${when}.`;
  return `${nameOf(one)} has lost its values in ${one.rows} of ${count(one.of)} ${when}.`;
}

function nameOf({ table, column }: Missing): string {
  return column === null ? shorten(table) : `${shorten(table)}.${column}`;
}

function count(rows: number): string {
  return `${rows} row${rows === 1 ? "" : "s"}`;
}
