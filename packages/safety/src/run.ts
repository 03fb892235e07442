import type { Action } from "./parse/actions.ts";
import type { Effect } from "./effects/effect.ts";
import { lockModes } from "./finding.ts";
import { readDuration, type Settings } from "./settings.ts";
import type { Statement } from "./parse/statement.ts";
import type { Index, Schema } from "./schema/schema.ts";

/** What a transaction has done so far. */
export interface Done {
  readonly action: Action;
  readonly statement: Statement;
  readonly effects: readonly Effect[];
}

/** A run of a migration: its transaction, what that did and holds, and the session's settings. */
export class Run {
  /** The number of the transaction that the next statement runs in. */
  transaction = 1;
  /** What this migration did, oldest first; with what earlier ones of the run did in `schema`. */
  readonly done: (Done & { readonly transaction: number })[] = [];
  settings: Settings;
  readonly #initial: Settings;
  /** True: the runner opens a transaction around the migration. */
  readonly transactional: boolean;
  /** True between a BEGIN and its COMMIT in a migration outside a transaction. */
  #isOpen = false;
  /** The indexes that the migration dropped, as they were, by their names without a schema. */
  readonly droppedIndexes = new Map<string, Index>();
  /** What the migration both made and dropped, by names without a schema. */
  readonly droppedNew = new Set<string>();
  /** Settings that the migration itself set, by name. */
  readonly set = new Map<string, string | undefined>();

  /** True: its statement runs in batches, each a transaction of its own. */
  readonly batched: boolean;

  constructor(transactional: boolean, settings: Settings, batched = false) {
    this.transactional = transactional;
    this.batched = batched;
    this.settings = settings;
    this.#initial = settings;
  }

  /** True while the commands of one text are sent together, which PostgreSQL runs as one transaction. */
  isTogether = false;

  /** True while a transaction is open. */
  get isInTransaction(): boolean {
    return this.transactional || this.#isOpen || this.isTogether;
  }

  /** What the open transaction did so far. */
  get inTransaction(): readonly Done[] {
    return this.isInTransaction ? this.done.filter(({ transaction }) => transaction === this.transaction) : [];
  }

  /** Notes what a statement does, before it changes `schema`. */
  note(done: Done, schema: Schema): void {
    const { action } = done;
    if (action.do === "drop" && action.type === "OBJECT_INDEX") {
      const index = schema.indexes.get(schema.resolve(action.name, schema.indexes));
      if (index) this.droppedIndexes.set(action.name.at(-1) ?? "", index);
    }
    if (action.do === "drop" && schema.relation(action.name)?.isNew) this.droppedNew.add(action.name.at(-1) ?? "");
    this.done.push({ ...done, transaction: this.transaction });
    if (action.do === "transaction") this.#isOpen = ["BEGIN", "START"].includes(action.kind);
    if (action.do === "set") this.#take(action.name, action.value);
  }

  /** A statement has ended; without a transaction around it, its own ended too. */
  end(): void {
    if (!this.isInTransaction) this.transaction++;
  }

  #take(name: string, value: string | undefined): void {
    this.set.set(name, value);
    if (name === "timezone") this.settings = { ...this.settings, timeZone: value };
    if (name === "lock_timeout")
      this.settings = {
        ...this.settings,
        lockTimeoutMs: value === undefined ? this.#initial.lockTimeoutMs : readDuration(value),
      };
    if (name === "statement_timeout")
      this.settings = {
        ...this.settings,
        statementTimeoutMs: value === undefined ? this.#initial.statementTimeoutMs : readDuration(value),
      };
  }
}

/** True where an effect keeps readers or writers waiting of a table that programs know: it was there before the run. */
export function blocks(effect: Effect, schema: Schema): boolean {
  const relation = schema.relations.get(effect.relation);
  const isKnown = !relation || !(relation.temporary || relation.isNew);
  return isKnown && lockModes.indexOf(effect.lock) >= lockModes.indexOf("SHARE");
}
