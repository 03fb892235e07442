import type { Action, Change } from "./parse/actions.ts";
import type { Effect } from "./effects/effect.ts";
import { blockedBy, type Hit, type LockMode, type Severity } from "./finding.ts";
import type { Run } from "./run.ts";
import type { Relation, Schema } from "./schema/schema.ts";
import type { Statement } from "./parse/statement.ts";

/** What a rule looks at: one action, the schema before it, and the run so far. */
export interface At {
  readonly action: Action;
  readonly statement: Statement;
  readonly schema: Schema;
  /** What this action locks and does. */
  readonly effects: readonly Effect[];
  readonly run: Run;
}

/** Gives what a rule finds in one action. */
export type Finder = (at: At) => readonly Hit[];

/** A rule of the linter: its text, how it finds, and examples that hold it. */
export interface Rule {
  readonly name: string;
  /** Unless weight or configuration say otherwise. */
  readonly severity: Severity;
  /** True: a matter of style, off unless the configuration switches it on. */
  readonly optional?: true;
  /** What it is about, in one sentence. */
  readonly summary: string;
  /** Looks at each action. */
  readonly find?: Finder;
  /** Looks at the whole migration once its statements are applied; a hit is placed at the statement that it names. */
  readonly finish?: (end: End) => readonly (Hit & { readonly statement: Statement })[];
  /**
   * Migrations that it must find, and must not, on the schema of `examples.ts`. A first line `-- outside` is a migration
   * outside a transaction, `-- unknown` one whose catalog is not known, `-- no timeouts` a runner that sets none.
   */
  readonly fires: readonly string[];
  readonly silent: readonly string[];
}

/** A migration's end: every action with its statement, and the schema after them. */
export interface End {
  readonly schema: Schema;
  readonly run: Run;
  readonly actions: readonly { readonly action: Action; readonly statement: Statement }[];
}

/** The members of a union that `do` is one of, each with that alone in its `do`. */
type Doing<Union extends { readonly do: string }, Do extends Union["do"]> = Union extends Union
  ? Do & Union["do"] extends never
    ? never
    : Omit<Union, "do"> & { readonly do: Do & Union["do"] }
  : never;
type Found = Hit | readonly Hit[] | undefined | false;

const list = (found: Found): readonly Hit[] => (found ? [found].flat() : []);

/** A finder for one kind of action. */
export function on<Do extends Action["do"]>(what: Do, find: (action: Doing<Action, Do>, at: At) => Found): Finder {
  return (at) => (at.action.do === what ? list(find(at.action as never, at)) : []);
}

/** An ALTER TABLE command, and the table that it changes. */
export interface OnTable {
  /** `schema.table`. */
  readonly table: string;
  /** Undefined where the table is not known. */
  readonly relation: Relation | undefined;
  readonly at: At;
}

/** A finder for one kind of ALTER TABLE command. */
export function onChange<Do extends Change["do"]>(
  what: Do | readonly Do[],
  find: (change: Doing<Change, Do>, on: OnTable) => Found,
): Finder {
  const kinds: ReadonlySet<string> = new Set([what].flat());
  return (at) => {
    const { action, schema } = at;
    if (action.do !== "alter table" || !kinds.has(action.change.do)) return [];
    const on = { table: schema.resolve(action.table), relation: schema.relation(action.table), at };
    return list(find(action.change as never, on));
  };
}

/** Several finders as one. */
export function any(...finders: readonly Finder[]): Finder {
  return (at) => finders.flatMap((find) => find(at));
}

/** `under ACCESS EXCLUSIVE, which blocks reads and writes`. */
export function under(lock: LockMode): string {
  return `under ${lock}, which blocks ${blockedBy(lock)}`;
}

/** True where rows may be there and others may use the table: not of a new, empty or temporary one. */
export function isLive(relation: Relation | undefined): boolean {
  return !relation || !(relation.temporary || relation.isEmpty);
}

/** True where the table was there before the run, so that programs know it. */
export function isOld(relation: Relation | undefined): boolean {
  return !relation || !(relation.temporary || relation.isNew);
}

/** True where the catalog does not tell of the table. */
export function isUnknown(relation: Relation | undefined): boolean {
  return relation === undefined;
}
