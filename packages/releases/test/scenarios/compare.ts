import { type EntityMetadata, type EntityProperty, ReferenceKind } from "@mikro-orm/postgresql";
import type { Case, Result } from "./case.ts";
import type { Release, Rows } from "./release.ts";
import type { Values } from "./scenario.ts";
import { type Cell, cellOf, isAlike, isSame, type State } from "./state.ts";

/** What a case gave twice at the release's own schema: what differs there, such as a new key, may differ elsewhere. */
export interface Baseline {
  readonly first: Result;
  readonly second: Result;
}

/** What a release reads of an entity before a case: at its own schema and at the other one. */
export interface Before {
  readonly own: Rows;
  readonly other: Rows | undefined;
}

/** Says what is wrong in what a case gave at another schema; undefined: nothing. */
export function difference(
  one: Case,
  { first, second }: Baseline,
  other: Result,
  before: Readonly<Record<string, Before>>,
  release: Release,
  defaults: Values = {},
  isOthersWork = false,
): string | undefined {
  const own = before[one.entity];
  if (one.operation === "read") return readDifference(one, first, other, release, isOthersWork);
  if (one.operation === "filter") return keysDifference(first, other, Object.keys(own?.own ?? {}));
  if (one.operation === "delete") return deleteDifference(first, other, before);
  if (one.operation === "call") return answerDifference(first.answer, other.answer);
  return writtenDifference(one, { first, second }, other, before, release, one.operation === "insert" ? defaults : {});
}

function answerDifference(own: unknown, other: unknown): string | undefined {
  const [expected, seen] = [JSON.stringify(own), JSON.stringify(other)];
  return expected === seen ? undefined : `answers ${seen} instead of ${expected}`;
}

function readDifference(
  { entity }: Case,
  { rows: own = {} }: Result,
  { rows: other = {} }: Result,
  release: Release,
  isOthersWork: boolean,
): string | undefined {
  for (const [key, state] of Object.entries(own)) {
    const seen = other[key];
    if (!seen) return `row ${key} is missing`;
    const name = Object.keys(state).find((one) => !isSame(state[one], seen[one]));
    if (name) return `${name} of row ${key} is ${show(seen[name])} instead of ${show(state[name])}`;
  }
  const extra = Object.keys(other).find((key) => !own[key]);
  if (extra === undefined) return undefined;
  return isOthersWork ? invalidity(other[extra] ?? {}, release.metadata(entity)) : `row ${extra} is not its own`;
}

function keysDifference(first: Result, second: Result, all: readonly string[]): string | undefined {
  const { keys: own = [], isSingle } = first;
  const { keys: other = [] } = second;
  if (isSingle && other.length > 1) return `finds [${other.join()}], more than one`;
  const known = other.filter((key) => all.includes(key));
  return known.join() === own.join() ? undefined : `finds [${known.join()}] instead of [${own.join()}]`;
}

function deleteDifference(own: Result, other: Result, before: Readonly<Record<string, Before>>): string | undefined {
  if (own.changed !== other.changed) return `deletes ${other.changed} rows instead of ${own.changed}`;
  for (const [name, rows] of Object.entries(other.left ?? {})) {
    const expected = own.left?.[name];
    const all = before[name];
    if (!expected || !all) continue;
    for (const key of Object.keys(all.other ?? {}).filter((key) => all.own[key])) {
      if (Boolean(rows[key]) !== Boolean(expected[key]))
        return `${name} ${key} is ${rows[key] ? "still there" : "gone"}`;
      const changed = Object.keys(rows[key] ?? {}).find((one) => !isKept(one, key, rows, expected, all));
      if (changed) return `${changed} of ${name} ${key} is ${show(rows[key]?.[changed])}`;
    }
  }
  return undefined;
}

function isKept(name: string, key: string, rows: Rows, expected: Rows, before: Before): boolean {
  const [seen, wanted] = [rows[key]?.[name], expected[key]?.[name]];
  return isAlike(seen, wanted) || isAlike(seen, before.other?.[key]?.[name]);
}

function writtenDifference(
  one: Case,
  { first, second }: Baseline,
  other: Result,
  all: Readonly<Record<string, Before>>,
  release: Release,
  defaults: Values,
): string | undefined {
  const before = all[one.entity];
  const memory = memoryDifference(first, second, other, one.operation === "update", defaults);
  if (memory) return memory;
  const others = countDifference(first.counts ?? {}, other.counts ?? {}, all);
  if (others) return others;
  if (!other.rows || !first.rows || !second.rows) return undefined;
  const [key, seen] = Object.entries(other.rows)[0] ?? ["", {}];
  if (Object.keys(seen).length === 0) return "the row is not there after it was written";
  const own = Object.values(first.rows)[0] ?? {};
  const again = Object.values(second.rows)[0] ?? {};
  for (const { name } of release.metadata(one.entity).props) {
    const wanted = name in defaults && !(name in (one.sent ?? {})) ? cellOfDefault(defaults[name]) : own[name];
    const isStored =
      wanted === own[name] && isAlike(storedCell(release, one, name, first), storedCell(release, one, name, other));
    if (isStored || isAlike(seen[name], cellOf(one.sent?.[name]))) continue;
    if (isWritten(wanted, again[name], own[name], seen[name], before?.own[key]?.[name], before?.other?.[key]?.[name]))
      continue;
    return `${name} is ${show(seen[name])} instead of ${show(wanted)} after it was written`;
  }
  return undefined;
}

/** The value in the database tells a wrong write from a wrong read. */
function storedCell(release: Release, { entity }: Case, name: string, { stored }: Result): Cell {
  const column = release.metadata(entity).props.find((one) => one.name === name)?.fieldNames?.[0] ?? "";
  return stored && column in stored ? cellOf(stored[column]) : { type: "unknown", text: `${Math.random()}` };
}

function cellOfDefault(value: unknown): Cell {
  return value === null ? { type: "null", text: "\0null" } : { type: typeof value, text: String(value) };
}

/** A flush may write to other tables too. */
function countDifference(
  own: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
  before: Readonly<Record<string, Before>>,
): string | undefined {
  const added = (count: number, rows: Rows | undefined) => count - Object.keys(rows ?? {}).length;
  const name = Object.keys(other).find(
    (one) => one in own && added(own[one] ?? 0, before[one]?.own) !== added(other[one] ?? 0, before[one]?.other),
  );
  return name && `the flush changes the number of ${name} too`;
}

/** What the read itself gets wrong is not the write's fault. */
function isWritten(
  wanted: Cell | undefined,
  again: Cell | undefined,
  own: Cell | undefined,
  seen: Cell | undefined,
  ownBefore: Cell | undefined,
  otherBefore: Cell | undefined,
): boolean {
  if (isAlike(wanted, seen)) return true;
  if (!isAlike(own, again)) return true;
  if (!seen || seen.type === "undefined" || own?.type === "undefined" || own?.type === "lazy") return true;
  if (own?.type === "collection" && own.text === "not loaded") return true;
  return isAlike(own, ownBefore) && otherBefore !== undefined && isAlike(seen, otherBefore);
}

function memoryDifference(first: Result, second: Result, other: Result, isUpdate: boolean, defaults: Values) {
  for (const [name, own] of Object.entries(first.memory ?? {})) {
    const [again, seen] = [second.memory?.[name], other.memory?.[name]];
    if (isUpdate || own.text === "\0null" || name in defaults || isSame(own, seen)) continue;
    if (!isAlike(own, again) && own.type === seen?.type) continue;
    return `${name} is ${show(seen)} instead of ${show(own)} in memory`;
  }
  return undefined;
}

/** Says which property has a value that the release's models do not allow. */
export function invalidity(state: State, meta: EntityMetadata): string | undefined {
  const name = meta.props.find((one) => !isValid(state[one.name], one))?.name;
  return name && `${name} is ${show(state[name])}`;
}

function isValid(cell: Cell | undefined, property: EntityProperty): boolean {
  if (property.persist === false || property.lazy || property.embedded || !property.fieldNames?.length) return true;
  if (!cell || cell.type === "undefined") return false;
  if (cell.type === "null") return Boolean(property.nullable);
  if (property.enum && !property.array) return (property.items ?? []).map(String).includes(cell.text);
  const types: Record<string, string> = {
    string: "string",
    number: "number",
    boolean: "boolean",
    bigint: "bigint",
    Date: "date",
  };
  const wanted = property.kind === ReferenceKind.SCALAR ? types[property.runtimeType] : undefined;
  return wanted === undefined || cell.type === wanted;
}

function show(cell: Cell | undefined): string {
  return cell ? `${cell.type} ${JSON.stringify(cell.text)}` : "missing";
}
