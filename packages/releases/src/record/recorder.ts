import { AsyncLocalStorage } from "node:async_hooks";
import type { MikroORM } from "@mikro-orm/core";
import type { Operation } from "../contract/contract.ts";

/** A statement as MikroORM passed it to its connection. */
export interface SentStatement {
  readonly name: string;
  readonly operation: Operation;
  readonly table: string | null;
  readonly assumed?: boolean | undefined;
  /** With `$1` for parameters. */
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** What is being done while statements are sent. */
export type Occasion = Pick<SentStatement, "name" | "operation" | "table" | "assumed">;

/** Keeps the statements that MikroORM sends during `during`. */
export interface Recorder {
  readonly sent: readonly SentStatement[];
  /** Does something; an error of the server or of MikroORM is no concern, because the statement was sent by then. */
  during(occasion: Occasion, work: () => Promise<unknown>): Promise<void>;
  /** Does something of the program's own, and gives what that gives, or throws what that throws. */
  within<Result>(occasion: Occasion, work: () => Result): Result;
  /** Listens no longer. */
  stop(): void;
}

/** Listens to the statements of `orm`. */
export function createRecorder(orm: MikroORM): Recorder {
  const sent: SentStatement[] = [];
  // What runs at the same time has occasions of its own.
  const occasions = new AsyncLocalStorage<Occasion>();
  const before = orm.config.get("onQuery");
  orm.config.set("onQuery", (given: string, values: readonly unknown[]) => {
    const sql = before(given, values);
    const occasion = occasions.getStore();
    if (occasion) sent.push({ ...occasion, ...numbered(sql, values, orm) });
    return sql;
  });
  return {
    sent,
    during: async (occasion, work) => await occasions.run(occasion, async () => void (await work().catch(() => {}))),
    within: (occasion, work) => occasions.run(occasion, work),
    stop: () => orm.config.set("onQuery", before),
  };
}

/** Numbers the placeholders as PostgreSQL does; `??` stands for a name and `\?` for an operator of PostgreSQL. */
function numbered(sql: string, all: readonly unknown[], orm: MikroORM): { sql: string; values: unknown[] } {
  const left = [...all];
  const values: unknown[] = [];
  const text = sql.replace(/\\\?|\?\??/g, (found) => {
    if (found === "\\?" || left.length === 0) return "?";
    if (found === "??") return orm.em.getPlatform().quoteIdentifier(String(left.shift()));
    values.push(left.shift());
    return `$${values.length}`;
  });
  return { sql: text, values };
}
