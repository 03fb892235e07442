import type { Catalog } from "@thedata/catalog";
import type { Contract, Operation, RecordedStatement } from "../contract/contract.ts";
import { withoutTarget } from "../judge/checks.ts";
import type { Finding } from "../judge/finding.ts";
import { arrange } from "../schema/arrange.ts";
import { shortName } from "../schema/schema.ts";
import { refusalOf } from "./refusal.ts";
import type { Outcome } from "./run-samples.ts";
import { parameterColumns, type Sample } from "./sample.ts";
import { isSameValue } from "./same-value.ts";

/** A sample, and what came of it on the release's own schema and on another one; undefined: there was no room. */
export interface Tried {
  readonly sample: Sample;
  readonly own: Outcome | undefined;
  readonly other: Outcome | undefined;
}

/** A release, and the schema that it meets. */
export interface Meeting {
  readonly contract: Contract;
  readonly catalog: Catalog;
}

/** What each statement meets on the other schema: its samples fail, or they write or find something else. */
export function describeTried(tried: readonly Tried[], meeting: Meeting): Finding[] {
  const counted = tried.filter((one) => isCounted(one) && !isKnownRefusal(one, meeting));
  return [...Map.groupBy(counted, ({ sample }) => sample.statement)].flatMap(([statement, ran]) => [
    ...describeErrors(statement, ran),
    ...describeOthers(statement, ran, meeting),
  ]);
}

/** False where the sample fails on the release's own schema, or its row is gone: an update of it works and says nothing. */
function isCounted({ sample: { statement }, own, other }: Tried): boolean {
  if (!other || !own || own.error) return false;
  return own.row !== undefined || ["delete", "filter"].includes(statement.operation);
}

/** True for a constraint that the release knows as it is: other rows are in the way, which every release meets. */
function isKnownRefusal({ sample, other }: Tried, { contract, catalog }: Meeting): boolean {
  const name = other?.error?.constraint;
  if (name === undefined) return false;
  const find = (schema: Catalog) =>
    schema.find((one) => ["constraint", "index"].includes(one.kind) && shortName(one) === name);
  const [then, now] = [find(contract.schema), find(catalog)];
  const isOf = then?.table === sample.statement.table || then?.properties["references"] === sample.statement.table;
  return isOf && then !== undefined && now !== undefined && withoutTarget(then) === withoutTarget(now);
}

/** What no value changes: what is gone or may not be done, a column that is left out and takes no null. */
const structural = /^(?:42|0A|55)|^428C9$|^23502$/;

function describeErrors(statement: RecordedStatement, ran: readonly Tried[]): Finding[] {
  const errors = ran.flatMap(({ other }) => other?.error ?? []);
  const [first] = errors;
  if (!first) return [];
  if (errors.length === ran.length && structural.test(first.code ?? ""))
    return [refusalOf(statement, first, { verdict: "breaks" })];
  return [refusalOf(statement, first, { verdict: "depends", more: ", with some values" })];
}

function describeOthers(statement: RecordedStatement, ran: readonly Tried[], meeting: Meeting): Finding[] {
  const { name, operation, table } = statement;
  const working = ran.filter(({ other }) => other && !other.error);
  const others = working.map(findOther).filter((one) => one !== undefined);
  const [first] = others;
  if (first === undefined) return [];
  const what = ({ filter: "find", delete: "delete" } as Partial<Record<Operation, string>>)[operation] ?? "write";
  const [searched = null] = operation === "filter" ? parameterColumns(statement) : [];
  const column = first === "" ? searched : first;
  const message = `${name} ${first === "" ? `does not ${what} its row` : `writes another value to ${first}`}`;
  const sure = others.length === working.length ? "wrong" : "depends";
  const verdict = hasKeptType(statement, column, meeting) ? "unknown" : sure;
  return [{ verdict, operation, table, column, sqlState: null, message }];
}

/** The column in which another value is written; empty: the row is not written, found or deleted. */
function findOther({ sample: { statement, sent }, own, other }: Tried): string | undefined {
  const [before, now] = [own?.row, other?.row];
  if (statement.operation === "delete") return !before && now ? "" : undefined;
  if (!before || !now) return before ? "" : undefined;
  // What the own schema changes too, a trigger does.
  const isAsSent = (name: string) => isSameValue(before[name], sent[name]);
  return Object.keys(before).find((name) => name in now && isAsSent(name) && !isSameValue(before[name], now[name]));
}

/** Where the type is as it was, a migration has written the value, or a trigger does. */
function hasKeptType({ table }: RecordedStatement, column: string | null, { contract, catalog }: Meeting): boolean {
  const [had, has] = [arrange(contract.schema), arrange(catalog)].map((one) => one.typeOf(table ?? "", column ?? ""));
  return had === has;
}
