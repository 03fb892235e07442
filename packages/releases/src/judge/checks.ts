import type { CatalogObject } from "@thedata/catalog";
import { lastPart, unquote } from "@thedata/catalog/sql";
import type { RecordedStatement } from "../contract/contract.ts";
import type { Finding } from "./finding.ts";
import { columnsOf, isNotNull } from "../schema/schema.ts";
import { findingOf, isLeftNull, type Subject } from "./subject.ts";

/** What writes meet in constraints that came: CHECK, of a domain too, EXCLUDE, foreign keys. */
export function judgeChecks(subject: Subject, statement: RecordedStatement): Finding[] {
  const { table, atHead, now } = subject;
  const known = new Set(atHead.of("constraint", table.table).map(rule));
  const fresh = now.of("constraint", table.table).filter((one) => !known.has(rule(one)));
  return [
    ...fresh.flatMap((constraint) => judgeConstraint(subject, statement, constraint)),
    ...judgeDomains(subject, statement),
  ];
}

/** The rule of a constraint, without its name; NOT VALID holds for new rows all the same. */
function rule({ properties }: CatalogObject): string {
  return String(properties["definition"]).replace(/ NOT VALID$/, "");
}

function judgeConstraint(subject: Subject, statement: RecordedStatement, constraint: CatalogObject): Finding[] {
  const { operation } = statement;
  const type = constraint.properties["type"];
  if (type === "check") return judgeCheck(subject, statement, constraint);
  const columns = columnsOf(constraint);
  if (type !== "foreign key" && type !== "exclude") return [];
  // A row that is updated is looked at only where a column of the constraint changes.
  if (operation === "update" && !columns.some((column) => statement.writes.includes(column))) return [];
  if (isKnownReference(subject, constraint, columns) || columns.some((column) => isLeftNull(subject, column)))
    return [];
  const [column = null] = columns.length === 1 ? columns : [];
  const sqlState = type === "exclude" ? "23P01" : "23503";
  const message = `The ${type} constraint ${lastPart(constraint.name)} came: ${rule(constraint)}`;
  return [findingOf(subject, operation, { verdict: "depends", sqlState }, column, message)];
}

/** True for a foreign key that had another name, delete rule or none of its validation: writes meet nothing new. */
function isKnownReference({ table, atHead, now }: Subject, has: CatalogObject, columns: readonly string[]): boolean {
  const isSame = (had: CatalogObject) => had.properties["references"] === has.properties["references"];
  // A foreign key follows its table to another name.
  const follows = (had: CatalogObject) =>
    !now.table(String(had.properties["references"])) && withoutTarget(had) === withoutTarget(has);
  return atHead
    .of("constraint", table.table)
    .filter((had) => had.properties["type"] === "foreign key" && columnsOf(had).join() === columns.join())
    .some((had) => isSame(had) || follows(had));
}

/** The rule of a foreign key without the table that it refers to. */
export function withoutTarget(key: CatalogObject): string {
  return rule(key).replace(/ REFERENCES [^(]+/, " REFERENCES ");
}

function judgeCheck(subject: Subject, { operation, writes }: RecordedStatement, constraint: CatalogObject): Finding[] {
  const { table } = subject;
  if (isOfFreshColumns(subject, constraint)) return [];
  const set = readValueSet(rule(constraint));
  const column = set && table.columns.find((one) => one.column === set.column);
  if (set && column?.items) {
    const refused = column.items.filter((item) => !set.values.includes(item));
    if (refused.length === 0) return [];
    if (operation === "update" && !writes.includes(column.column)) return [];
    return [
      findingOf(
        subject,
        operation,
        { verdict: "breaks", sqlState: "23514" },
        column.column,
        `${column.property} may be ${refused.join(", ")}, which ${lastPart(constraint.name)} refuses`,
      ),
    ];
  }
  const [, present] = /^CHECK \(\(("(?:[^"]|"")+"|\w+) IS NOT NULL\)\)$/.exec(rule(constraint)) ?? [];
  const said = present === undefined ? undefined : subject.now.columnOf(table.table, unquote(present));
  if (said && isNotNull(said)) return [];
  // An update of any column is refused where the row violates it.
  return [
    findingOf(
      subject,
      operation,
      { verdict: "depends", sqlState: "23514" },
      set?.column ?? null,
      `The check ${lastPart(constraint.name)} came: ${rule(constraint)}`,
    ),
  ];
}

/** True for a check of columns that came later: a release leaves them out, and each row has their default. */
function isOfFreshColumns({ table, atHead }: Subject, constraint: CatalogObject): boolean {
  const columns = columnsOf(constraint);
  return columns.length > 0 && columns.every((column) => !atHead.columnOf(table.table, column));
}

/** The column and the values of a check that lists what is allowed; undefined: another kind of check. */
export function readValueSet(definition: string): { column: string; values: string[] } | undefined {
  const name = String.raw`("(?:[^"]|"")+"|\w+)\)?(?:::[\w ]+(?:\[\])?)?`;
  const array = String.raw`\(*ARRAY\[(.*)\]\)*(?:::[\w ]+\[\])?`;
  const patterns = [
    `${name} = ANY \\(${array}\\)`,
    `${name} <@ ${array}`,
    String.raw`${name} = ('(?:[^']|'')*'(?:::[\w ]+)?)`,
  ];
  for (const pattern of patterns) {
    const [, column, list] = new RegExp(String.raw`^CHECK \(\(+${pattern}\)+$`).exec(definition) ?? [];
    if (column === undefined || list === undefined) continue;
    const values = [...list.matchAll(/'((?:[^']|'')*)'/g)].map(([, value = ""]) => value.replaceAll("''", "'"));
    return { column: unquote(column), values };
  }
  return undefined;
}

/** A domain's constraints are its columns' constraints. */
function judgeDomains(subject: Subject, { operation, writes }: RecordedStatement): Finding[] {
  const { table, atHead, now } = subject;
  return writes.flatMap((column) => {
    const [had, has] = [atHead, now].map((schema) =>
      schema.domain(String(schema.columnOf(table.table, column)?.properties["type"])),
    );
    if (!has) return [];
    const known = new Set([had?.properties["constraints"] ?? []].flat());
    const fresh = [has.properties["constraints"] ?? []].flat().filter((one) => !known.has(one));
    return fresh.map((one) => {
      const message = `The domain ${has.name} has a new constraint: ${one}`;
      return findingOf(subject, operation, { verdict: "depends", sqlState: "23514" }, column, message);
    });
  });
}
