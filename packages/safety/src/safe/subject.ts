import { replaceIdentifier, tokenize, quote } from "@thedata/catalog/sql";
import type { Action } from "../parse/actions.ts";
import { isLive } from "../rule.ts";
import type { Relation, Schema } from "../schema/schema.ts";

/** A column as PostgreSQL writes it. */
export interface DescribedColumn {
  readonly type: string;
  /** Undefined: it has none. */
  readonly default: string | undefined;
  /** The definitions of the table's indexes, as `pg_get_indexdef` writes them, by their names without a schema. */
  readonly indexes: ReadonlyMap<string, string>;
  /** Those of the table's constraints, as `pg_get_constraintdef` writes them, by their names. */
  readonly constraints: ReadonlyMap<string, string>;
}

/** Finds a column by `schema.table` and its name; undefined: there is none, or nothing is known of it. */
export type Describe = (table: string, column: string) => DescribedColumn | undefined;

/** A statement that changes one thing of a table that holds rows. */
export interface Subject<Change> {
  readonly sql: string;
  readonly change: Change;
  readonly relation: Relation;
  /** The table as the statement names it. */
  readonly target: string;
  readonly schema: Schema;
  readonly describe: Describe;
}

const name =
  /^\s*alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?((?:"(?:[^"]|"")+"|[\w$\u0080-\uffff]+)(?:\.(?:"(?:[^"]|"")+"|[\w$\u0080-\uffff]+))?)/i;

/** The table as an ALTER TABLE names it; undefined for any other statement. */
export function targetOf(sql: string): string | undefined {
  return name.exec(sql)?.[1];
}

/** An ALTER TABLE up to the name of its table. */
export function headOf(sql: string): string | undefined {
  return name.exec(sql)?.[0];
}

/** The statement without its comments, behind which what is added to it would disappear. */
export function withoutComments(sql: string): string {
  let [text, at] = ["", 0];
  for (const { start, end } of tokenize(sql).tokens) {
    const between = sql.slice(at, start);
    text += (/--|\/\*/.test(between) ? " " : between) + sql.slice(start, end);
    at = end;
  }
  return text.trim();
}

/** The table of an ALTER TABLE, where it is an ordinary one that may hold rows; undefined for any other. */
export function liveTable(action: Extract<Action, { do: "alter table" }>, schema: Schema): Relation | undefined {
  const relation = schema.relation(action.table);
  return relation && isLive(relation) && relation.kind === "table" ? relation : undefined;
}

/** The items, where each is known; undefined where one is not. */
export function allOrNone<Item>(items: readonly (Item | undefined)[]): Item[] | undefined {
  const known = items.filter((one) => one !== undefined);
  return known.length === items.length ? known : undefined;
}

/** A definition of PostgreSQL's with another column in the place of one, which it quotes only where it must. */
export function replaceColumn(definition: string, column: string, now: string): string {
  const quoted = replaceIdentifier(definition, quote(column), now);
  return quoted === definition ? replaceIdentifier(definition, column, now) : quoted;
}

const longest = 63;

/** A name that none of `taken` has, of at most 63 bytes: PostgreSQL cuts longer ones. */
export function freeName(base: string, suffix: string, taken: { has(name: string): boolean }): string {
  for (let number = 1; ; number++) {
    const end = number === 1 ? suffix : `${suffix}${number}`;
    let head = base;
    while (Buffer.byteLength(head + end) > longest) head = [...head].slice(0, -1).join("");
    if (!taken.has(head + end)) return head + end;
  }
}

/** True where an UPDATE of the column runs a trigger. */
export function isWatched({ triggers }: Relation, column: string): boolean {
  return [...triggers.values()].some(
    ({ enabled, onUpdate, columns }) => enabled && onUpdate && (columns.length === 0 || columns.includes(column)),
  );
}

/** True where the table's rows can be gone over by its primary key, which has one column. */
export function hasSimpleKey({ constraints }: Relation): boolean {
  return [...constraints.values()].some(({ kind, columns }) => kind === "primary key" && columns.length === 1);
}
