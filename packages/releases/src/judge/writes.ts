import type { CatalogObject } from "@thedata/catalog";
import type { ContractColumn, RecordedStatement } from "../contract/contract.ts";
import { lastPart } from "@thedata/catalog/sql";
import { judgeChecks } from "./checks.ts";
import type { Finding } from "./finding.ts";
import { fillsItself, isNotNull, isSameType, shortName } from "../schema/schema.ts";
import { findingOf, type Subject, writersOf } from "./subject.ts";
import { fitOfWrite, fitsAll } from "./types.ts";

/** What the statements meet that write rows. */
export function judgeWrites(subject: Subject): Finding[] {
  return writersOf(subject).flatMap((statement) => [
    ...judgeLeftOut(subject, statement),
    ...statement.writes.flatMap((name) => judgeWritten(subject, statement, name)),
    ...(statement.operation === "update" ? [] : statement.returns).flatMap((name) =>
      judgeReturned(subject, statement, name),
    ),
    ...judgeChecks(subject, statement),
  ]);
}

type Writing = RecordedStatement["operation"];

/** Columns of a new row that the statement leaves out. */
function judgeLeftOut(subject: Subject, { operation, writes, sql }: RecordedStatement): Finding[] {
  // A stand-in has no text.
  if (operation === "update" && sql !== "") return [];
  const { table, now } = subject;
  return now
    .columns(table.table)
    .filter((column) => !writes.includes(shortName(column)))
    .flatMap((column) => judgeAbsent(subject, operation, column));
}

function judgeAbsent(subject: Subject, operation: Writing, has: CatalogObject): Finding[] {
  const { table, atHead } = subject;
  const name = shortName(has);
  const mapped = table.columns.find(({ column }) => column === name);
  const had = atHead.columnOf(table.table, name);
  const gaveItself = had !== undefined && fillsItself(had);
  if (fillsItself(has)) return mapped ? judgeServerDefault(subject, operation, mapped, had, has) : [];
  if (isNotNull(has)) {
    const message = `A new row has no value for ${has.name}, which is NOT NULL and has no default`;
    const trigger = findFiller(subject);
    if (trigger === undefined)
      return [findingOf(subject, operation, { verdict: "breaks", sqlState: "23502" }, name, message)];
    const perhaps = `${message}, unless the trigger ${lastPart(trigger.name)} gives it one`;
    return [findingOf(subject, operation, { verdict: "unknown" }, name, perhaps)];
  }
  if (!mapped || !(gaveItself || !mapped.nullable)) return [];
  const message = `${mapped.property} is null in a new row: ${has.name} has no default`;
  return [findingOf(subject, operation, { verdict: "wrong" }, name, message)];
}

/** A trigger that may give a new row values. */
function findFiller({ table, now }: Subject): CatalogObject | undefined {
  return now
    .of("trigger", table.table)
    .find(
      ({ properties }) =>
        properties["enabled"] !== "disabled" && / BEFORE (?:\w+ OR )*INSERT\b/.test(String(properties["definition"])),
    );
}

/** On an earlier schema a row gets the default that the release was made to do without. */
function judgeServerDefault(
  subject: Subject,
  operation: Writing,
  { property, column }: ContractColumn,
  had: CatalogObject | undefined,
  has: CatalogObject,
): Finding[] {
  const [was, is] = [defaultOf(had), defaultOf(has)];
  if (subject.side === "later" || was === undefined || is === undefined || was === is) return [];
  const message = `${property} gets ${is} in a new row, in place of ${was}`;
  return [findingOf(subject, operation, { verdict: "wrong" }, column, message)];
}

/** A column's default without the casts that PostgreSQL writes. */
function defaultOf(column: CatalogObject | undefined): string | undefined {
  const text = column?.properties["default"];
  return text === undefined ? undefined : String(text).replace(/^'((?:[^']|'')*)'(?:::[\w ".()[\]]+)?$/, "$1");
}

function judgeWritten(subject: Subject, { operation }: RecordedStatement, name: string): Finding[] {
  const { table, atHead, now } = subject;
  const [had, has] = [atHead, now].map((schema) => schema.columnOf(table.table, name));
  const column = table.columns.find((one) => one.column === name);
  // A column that is gone is a matter of the statement.
  if (!has || !column) return [];
  return [
    ...judgeGenerated(subject, operation, had, has),
    ...judgeNull(subject, operation, had, has, column),
    ...(had ? judgeType(subject, operation, had, has, column) : []),
    ...judgeClientDefault(subject, operation, had, has, column),
  ];
}

function judgeGenerated(
  subject: Subject,
  operation: Writing,
  had: CatalogObject | undefined,
  has: CatalogObject,
): Finding[] {
  const isRefused = ({ properties }: CatalogObject) =>
    properties["generated"] !== undefined || properties["identity"] === "always";
  if (!isRefused(has) || (had && isRefused(had))) return [];
  const message = `${has.name} is generated and takes no value`;
  return [findingOf(subject, operation, { verdict: "breaks", sqlState: "428C9" }, shortName(has), message)];
}

function judgeNull(
  subject: Subject,
  operation: Writing,
  had: CatalogObject | undefined,
  has: CatalogObject,
  { nullable, property, column }: ContractColumn,
): Finding[] {
  if (!nullable || !isNotNull(has) || (had && isNotNull(had))) return [];
  const message = `${property} may be null, and ${has.name} is NOT NULL`;
  return [findingOf(subject, operation, { verdict: "breaks", sqlState: "23502" }, column, message)];
}

function judgeType(
  subject: Subject,
  operation: Writing,
  had: CatalogObject,
  has: CatalogObject,
  { column, property, items }: ContractColumn,
): Finding[] {
  const { atHead, now } = subject;
  const [was, is] = [atHead.resolve(String(had.properties["type"])), now.resolve(String(has.properties["type"]))];
  if (isSameType(was, is) || (items && fitsAll(items, is))) return [];
  const { verdict, sqlState } = fitOfWrite(is.values && items ? { ...was, values: was.values ?? items } : was, is);
  if (verdict === "works") return [];
  const message = `Not every value of ${property} fits: ${has.name} was ${was.type} and is ${is.type}`;
  return [findingOf(subject, operation, { verdict, sqlState }, column, message)];
}

/** On a later schema MikroORM still sends its own default. */
function judgeClientDefault(
  subject: Subject,
  operation: Writing,
  had: CatalogObject | undefined,
  has: CatalogObject,
  column: ContractColumn,
): Finding[] {
  if (operation === "update" || column.default !== "client" || subject.side === "earlier") return [];
  const [was, is] = [defaultOf(had), defaultOf(has)];
  if (was === undefined || is === undefined || was === is) return [];
  const message = `A new row gets the old default of ${has.name}, ${was}, in place of ${is}`;
  return [findingOf(subject, operation, { verdict: "wrong" }, column.column, message)];
}

/** What a statement takes back goes into the properties as what is read does. */
function judgeReturned(subject: Subject, { operation }: RecordedStatement, name: string): Finding[] {
  const { table, atHead, now } = subject;
  const [had, has] = [atHead, now].map((schema) => schema.columnOf(table.table, name));
  const column = table.columns.find((one) => one.column === name);
  if (!had || !has || !column) return [];
  const is = now.resolve(String(has.properties["type"]));
  const changed = (had.properties["generated"] === undefined) !== (has.properties["generated"] === undefined);
  if (column.accepts.includes(is.family) && !changed) return [];
  const message = `${column.property} gets another JavaScript value from ${has.name}`;
  return [findingOf(subject, operation, { verdict: "wrong" }, name, message)];
}
