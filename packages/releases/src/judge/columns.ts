import type { ContractColumn } from "../contract/contract.ts";
import type { Finding, Verdict } from "./finding.ts";
import { shortName } from "./schema.ts";
import { findingOf, type Subject } from "./subject.ts";
import { fitOfFilter, fitOfRead } from "./types.ts";

/** What reading and filtering meet: columns that are gone, came, or have another type. */
export function judgeColumns(subject: Subject): Finding[] {
  return [...subject.table.columns.flatMap((column) => judgeColumn(subject, column)), ...judgeNames(subject)];
}

function judgeColumn(subject: Subject, column: ContractColumn): Finding[] {
  const { table, atHead, now } = subject;
  const full = `${table.table}.${column.column}`;
  const [had, has] = [atHead.column(full), now.column(full)];
  if (!has)
    return [
      findingOf(
        subject,
        "read",
        { verdict: "wrong" },
        column.column,
        `${column.property} is undefined: the column ${full} is gone`,
      ),
    ];
  const [was, is] = [atHead.resolve(String(had?.properties["type"])), now.resolve(String(has.properties["type"]))];
  if (was.type === is.type)
    return judgeCollation(subject, column, had?.properties["collation"] === has.properties["collation"]);
  const findings: Finding[] = [];
  const add = (operation: "read" | "filter", fit: { verdict: Verdict; sqlState?: string | null }, message: string) => {
    const { verdict, sqlState = null } = fit;
    if (verdict !== "works")
      findings.push(findingOf(subject, operation, { verdict, sqlState }, column.column, message));
  };
  if (!column.accepts.includes(is.family))
    add(
      "read",
      { verdict: "wrong" },
      `${column.property} gets another JavaScript type: ${full} was ${was.type} and is ${is.type}`,
    );
  add("read", fitOfRead(was, is), `${column.property} gets another moment: ${full} was ${was.type} and is ${is.type}`);
  add(
    "filter",
    fitOfFilter(was, is),
    `${full} was ${was.type} and is ${is.type}: comparing it with a value fails or differs`,
  );
  return findings;
}

function judgeCollation(subject: Subject, { column, property }: ContractColumn, same: boolean): Finding[] {
  if (same) return [];
  return [
    findingOf(
      subject,
      "filter",
      { verdict: "depends" },
      column,
      `${property} has another collation: order and equality may differ`,
    ),
  ];
}

/** A column named like a property without a column: MikroORM puts its value into the property. */
function judgeNames(subject: Subject): Finding[] {
  const { table, atHead, now } = subject;
  const names = new Set(table.unmapped);
  return now
    .columns(table.table)
    .filter(({ name }) => !atHead.column(name) && names.has(unquoted(shortName(name, table.table))))
    .map(({ name }) => {
      const column = shortName(name, table.table);
      return findingOf(
        subject,
        "read",
        { verdict: "wrong" },
        column,
        `The new column ${name} has the name of a property without a column: MikroORM puts its value there`,
      );
    });
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
