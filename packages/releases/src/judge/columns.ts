import type { CatalogObject } from "@thedata/catalog";
import type { ContractColumn } from "../contract/contract.ts";
import type { Finding, Verdict } from "./finding.ts";
import { isSameType, shortName } from "../schema/schema.ts";
import { findingOf, type Subject } from "./subject.ts";
import { fitOfFilter, fitOfRead } from "./types.ts";

/** What reading and filtering meet: columns that are gone, came, or have another type. */
export function judgeColumns(subject: Subject): Finding[] {
  return [...subject.table.columns.flatMap((column) => judgeColumn(subject, column)), ...judgeNames(subject)];
}

function judgeColumn(subject: Subject, column: ContractColumn): Finding[] {
  const { table, atHead, now } = subject;
  const [had, has] = [atHead, now].map((schema) => schema.columnOf(table.table, column.column));
  if (!has) return judgeGone(subject, column);
  if (!had) return [];
  return [
    ...judgeType(subject, column, had, has),
    ...judgeCollation(subject, column, had, has),
    ...judgeGenerated(subject, column, had, has),
  ];
}

function judgeGone(subject: Subject, { column, property }: ContractColumn): Finding[] {
  const { table, now } = subject;
  // MikroORM keeps a column that nobody maps under its own name: one that is named like the property fills it.
  const name = property.slice(property.lastIndexOf(".") + 1);
  if (name !== column && now.columnOf(table.table, name)) return [];
  const message = `${property} is undefined: the column ${table.table}.${column} is gone`;
  return [findingOf(subject, "read", { verdict: "wrong" }, column, message)];
}

function judgeType(subject: Subject, column: ContractColumn, had: CatalogObject, has: CatalogObject): Finding[] {
  const { atHead, now } = subject;
  const [was, is] = [atHead.resolve(String(had.properties["type"])), now.resolve(String(has.properties["type"]))];
  if (isSameType(was, is)) return [];
  const known = column.items ? { ...was, values: was.values ?? column.items } : was;
  const findings: Finding[] = [];
  const change = `${has.name} was ${was.type} and is ${is.type}`;
  const add = (operation: "read" | "filter", fit: { verdict: Verdict; sqlState?: string | null }, message: string) => {
    const { verdict, sqlState = null } = fit;
    if (verdict !== "works")
      findings.push(findingOf(subject, operation, { verdict, sqlState }, column.column, message));
  };
  if (column.refuses.includes(is.family))
    add("read", { verdict: "breaks" }, `MikroORM refuses what ${column.property} gets: ${change}`);
  else if (!column.accepts.includes(is.family))
    add("read", { verdict: "wrong" }, `${column.property} gets another JavaScript value: ${change}`);
  add("read", fitOfRead(was, is), `${column.property} gets another moment: ${change}`);
  add(
    "filter",
    fitOfFilter(is.values ? known : was, is),
    `Comparing ${has.name} with a value fails or differs: ${change}`,
  );
  return findings;
}

function judgeCollation(subject: Subject, column: ContractColumn, had: CatalogObject, has: CatalogObject): Finding[] {
  if (had.properties["collation"] === has.properties["collation"]) return [];
  const message = `${column.property} has another collation: order and equality differ`;
  return [findingOf(subject, "filter", { verdict: "wrong" }, column.column, message)];
}

/** A column that is computed on one side holds other values than one that is written. */
function judgeGenerated(subject: Subject, column: ContractColumn, had: CatalogObject, has: CatalogObject): Finding[] {
  const [was, is] = [had, has].map(({ properties }) => properties["generated"] !== undefined);
  if (was === is) return [];
  const message = is
    ? `${column.property} is computed by ${has.name} now, whatever was written`
    : `${column.property} is not computed: ${has.name} is no generated column`;
  const operations = is ? (["read", "filter"] as const) : (["read", "filter", "update"] as const);
  return operations.map((operation) => findingOf(subject, operation, { verdict: "wrong" }, column.column, message));
}

/** A column named like a property without a column: MikroORM puts its value into the property. */
function judgeNames(subject: Subject): Finding[] {
  const { table, atHead, now } = subject;
  const mapped = new Map(
    table.columns.map(({ property, column }) => [property.slice(property.lastIndexOf(".") + 1), column]),
  );
  const isFilled = (name: string) => {
    const column = mapped.get(name);
    return column === undefined || now.columnOf(table.table, column) !== undefined;
  };
  return now
    .columns(table.table)
    .map(shortName)
    .filter((name) => !atHead.columnOf(table.table, name) && table.unmapped.includes(name) && isFilled(name))
    .flatMap((name) => {
      const message = `The new column ${table.table}.${name} has the name of a property without such a column: MikroORM puts its value there`;
      // What is put into a collection is saved as new rows.
      const operations = table.collections.includes(name) ? (["read", "update"] as const) : (["read"] as const);
      return operations.map((operation) => findingOf(subject, operation, { verdict: "wrong" }, name, message));
    });
}
