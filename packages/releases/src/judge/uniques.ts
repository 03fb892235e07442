import type { CatalogObject } from "@thedata/catalog";
import { lastPart } from "@thedata/catalog/sql";
import type { RecordedStatement } from "../contract/contract.ts";
import type { Finding } from "./finding.ts";
import { plainUniques, type Unique, uniquesOf } from "../schema/uniques.ts";
import { fillsItself } from "../schema/schema.ts";
import { findingOf, isLeftNull, type Subject, writersOf } from "./subject.ts";

/** What keys and unique indexes mean to writes, to ON CONFLICT, and to who looks for one row. */
export function judgeUniques(subject: Subject): Finding[] {
  return [...judgeFresh(subject), ...judgeConflicts(subject), ...judgeGone(subject)];
}

const keyOf = ({ columns, plain, definition }: Unique) => (plain ? columns.toSorted().join() : definition);

/** A unique that came: rows that were fine may be refused. */
function judgeFresh(subject: Subject): Finding[] {
  const { table, atHead, now } = subject;
  const known = new Set(uniquesOf(atHead, table.table).map(keyOf));
  const fresh = uniquesOf(now, table.table).filter(
    (one) => !known.has(keyOf(one)) && !isWeaker(one, uniquesOf(atHead, table.table)) && !isOfNulls(subject, one),
  );
  return fresh.flatMap((unique) =>
    writersOf(subject)
      .filter(
        ({ operation, writes }) =>
          operation !== "update" || unique.columns.length === 0 || unique.columns.some((one) => writes.includes(one)),
      )
      .flatMap((statement) => judgeOne(subject, unique, statement)),
  );
}

function judgeOne(subject: Subject, unique: Unique, { operation, writes }: RecordedStatement): Finding[] {
  const { now, table } = subject;
  const column = unique.columns.length === 1 ? (unique.columns[0] ?? null) : null;
  const message = `The unique ${lastPart(unique.name)} came: ${unique.definition}`;
  const defaults = unique.columns.map((one) => (writes.includes(one) ? undefined : now.columnOf(table.table, one)));
  if (operation !== "update" && defaults.some((one) => one && isEachOther(one))) return [];
  const areAllOne = defaults.length > 0 && unique.plain && defaults.every((one) => one && fillsItself(one));
  if (operation !== "insert" || !areAllOne)
    return [findingOf(subject, operation, { verdict: "depends", sqlState: "23505" }, column, message)];
  const why = `Each new row has the default of ${unique.columns.join(", ")}, and only one may: ${message}`;
  return [findingOf(subject, operation, { verdict: "breaks", sqlState: "23505" }, column, why)];
}

/** True where the server gives each row another value. */
function isEachOther({ properties }: CatalogObject): boolean {
  return (
    properties["identity"] !== undefined ||
    /\b(?:nextval|gen_random_uuid|uuidv[47])\(/.test(String(properties["default"]))
  );
}

/** True for one with a column that is null in the release's rows: null is like no other null. */
function isOfNulls(subject: Subject, { columns, definition }: Unique): boolean {
  return !definition.includes("NULLS NOT DISTINCT") && columns.some((column) => isLeftNull(subject, column));
}

/** True for one that a stricter one implies: of more columns, or of some rows only. */
function isWeaker({ columns }: Unique, atHead: readonly Unique[]): boolean {
  return (
    columns.length > 0 && atHead.some((one) => one.plain && one.columns.every((column) => columns.includes(column)))
  );
}

/** ON CONFLICT names columns, and needs a unique of exactly these, for all rows. */
function judgeConflicts(subject: Subject): Finding[] {
  const { table, contract, now } = subject;
  const targets = new Set(plainUniques(now, table.table).map((columns) => columns.toSorted().join()));
  return contract.statements.flatMap(({ table: own, operation, conflict, assumed }) => {
    if (own !== table.table || conflict === null || targets.has(conflict.toSorted().join())) return [];
    const message = `ON CONFLICT (${conflict.join(", ")}) finds no unique of these columns of ${table.table}`;
    const verdict = assumed ? "depends" : "breaks";
    return [findingOf(subject, operation, { verdict, sqlState: "42P10" }, null, message)];
  });
}

/** A unique that went: who looks for one row may find another. */
function judgeGone(subject: Subject): Finding[] {
  const { table, atHead, now, side } = subject;
  // On an earlier schema the rows are those that the program has lived with.
  if (side === "earlier") return [];
  const left = uniquesOf(now, table.table);
  return uniquesOf(atHead, table.table)
    .filter((had) => had.plain && had.columns.every((column) => now.columnOf(table.table, column)))
    .filter((had) => !left.some((one) => one.plain && one.columns.every((column) => had.columns.includes(column))))
    .map(({ columns, name }) =>
      findingOf(
        subject,
        "filter",
        { verdict: "depends" },
        columns.length === 1 ? (columns[0] ?? null) : null,
        `The unique ${lastPart(name)} is gone: several rows may have one ${columns.join(", ")}`,
      ),
    );
}
