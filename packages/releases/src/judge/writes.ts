import type { CatalogObject } from "@thedata/catalog";
import type { ContractColumn, RecordedStatement } from "../contract/contract.ts";
import { judgeChecks } from "./checks.ts";
import type { Finding } from "./finding.ts";
import { fillsItself, isNotNull, shortName } from "./schema.ts";
import { findingOf, type Subject, writersOf } from "./subject.ts";
import { fitOfWrite } from "./types.ts";

/** What the statements meet that write rows. */
export function judgeWrites(subject: Subject): Finding[] {
  return writersOf(subject).flatMap((statement) => [
    ...judgeLeftOut(subject, statement),
    ...statement.writes.flatMap((full) => judgeWritten(subject, statement, full)),
    ...judgeChecks(subject, statement),
  ]);
}

/** Columns of a new row that the statement leaves out. */
function judgeLeftOut(subject: Subject, { operation, writes }: RecordedStatement): Finding[] {
  if (operation === "update") return [];
  const { table, atHead, now } = subject;
  return now.columns(table.table).flatMap((column) => {
    if (writes.includes(column.name) || fillsItself(column)) return [];
    const short = shortName(column.name, table.table);
    if (isNotNull(column))
      return [
        findingOf(
          subject,
          operation,
          { verdict: "breaks", sqlState: "23502" },
          short,
          `A new row has no value for ${column.name}, which is NOT NULL and has no default`,
        ),
      ];
    const mapped = table.columns.find((one) => one.column === short);
    const had = atHead.column(column.name);
    if (!mapped || mapped.nullable || (had && !fillsItself(had))) return [];
    return [
      findingOf(
        subject,
        operation,
        { verdict: "wrong" },
        short,
        `${mapped.property} is null in a new row: ${column.name} has no default`,
      ),
    ];
  });
}

function judgeWritten(subject: Subject, { operation }: RecordedStatement, full: string): Finding[] {
  const { table, atHead, now } = subject;
  const has = now.column(full);
  const short = shortName(full, table.table);
  const column = table.columns.find((one) => one.column === short);
  // A column that is gone is a matter of the statement.
  if (!has || !column) return [];
  return [
    ...judgeGenerated(subject, operation, has, atHead.column(full), short),
    ...judgeNull(subject, operation, has, column),
    ...judgeType(subject, operation, has, column),
    ...judgeDefault(subject, operation, has, column),
  ];
}

type Writing = RecordedStatement["operation"];

function judgeGenerated(
  subject: Subject,
  operation: Writing,
  has: CatalogObject,
  had: CatalogObject | undefined,
  short: string,
): Finding[] {
  const isRefused = ({ properties }: CatalogObject) =>
    properties["generated"] !== undefined || properties["identity"] === "always";
  if (!isRefused(has) || (had && isRefused(had))) return [];
  return [
    findingOf(
      subject,
      operation,
      { verdict: "breaks", sqlState: "428C9" },
      short,
      `${has.name} is generated now and takes no value`,
    ),
  ];
}

function judgeNull(subject: Subject, operation: Writing, has: CatalogObject, column: ContractColumn): Finding[] {
  if (!column.nullable || !isNotNull(has)) return [];
  const had = subject.atHead.column(has.name);
  if (had && isNotNull(had)) return [];
  return [
    findingOf(
      subject,
      operation,
      { verdict: "breaks", sqlState: "23502" },
      column.column,
      `${column.property} may be null, and ${has.name} is NOT NULL`,
    ),
  ];
}

function judgeType(
  subject: Subject,
  operation: Writing,
  has: CatalogObject,
  { column, property, items }: ContractColumn,
): Finding[] {
  const { atHead, now } = subject;
  const had = atHead.column(has.name);
  if (!had) return [];
  const [was, is] = [atHead.resolve(String(had.properties["type"])), now.resolve(String(has.properties["type"]))];
  const known = items ? { ...was, values: was.values ?? items } : was;
  const { verdict, sqlState } = fitOfWrite(is.values ? known : was, is);
  if (verdict === "works") return [];
  return [
    findingOf(
      subject,
      operation,
      { verdict, sqlState },
      column,
      `${has.name} was ${was.type} and is ${is.type}: not every value of ${property} fits`,
    ),
  ];
}

/** MikroORM sends its own default, whatever the server's has become. */
function judgeDefault(subject: Subject, operation: Writing, has: CatalogObject, column: ContractColumn): Finding[] {
  if (operation === "update" || column.default !== "client") return [];
  const [was, is] = [subject.atHead.column(has.name)?.properties["default"], has.properties["default"]];
  if (was === undefined || is === undefined || was === is) return [];
  return [
    findingOf(
      subject,
      operation,
      { verdict: "wrong" },
      column.column,
      `A new row gets the old default of ${has.name}, ${was}, in place of ${is}`,
    ),
  ];
}
