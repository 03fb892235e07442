import type { Connection } from "./connection.ts";

/** How a transaction ended, with the value that its work returned or the error that it threw. */
export type TransactionResult<Value> =
  | { readonly end: "committed"; readonly value: Value }
  /** `unknown`: the connection was lost before the server reported the outcome. */
  | { readonly end: "rolledBack" | "unknown"; readonly error: unknown };

/** The commands that open and close a transaction. */
export interface TransactionCommands {
  readonly begin?: string;
  readonly commit?: string;
}

type Session = Pick<Connection, "query">;

/** Runs `work` in a transaction of this session and returns its outcome; never throws. */
export async function runTransaction<Value>(
  session: Session,
  work: () => Promise<Value>,
  { begin = "begin", commit = "commit" }: TransactionCommands = {},
): Promise<TransactionResult<Value>> {
  try {
    await session.query(begin);
    const value = await work();
    await session.query(commit);
    return { end: "committed", value };
  } catch (error) {
    return { end: await rollBack(session), error };
  }
}

/** Rolls back whatever transaction is open. */
export async function rollBack({ query }: Session): Promise<"rolledBack" | "unknown"> {
  return await query("rollback").then(
    () => "rolledBack" as const,
    () => "unknown" as const,
  );
}

/** Runs `work` in a transaction of this session: all of it is committed, or none and its error thrown. */
export async function inTransaction<Value>(
  session: Session,
  work: () => Promise<Value>,
  commands: TransactionCommands = {},
): Promise<Value> {
  const result = await runTransaction(session, work, commands);
  if (result.end === "committed") return result.value;
  throw result.error;
}

/** Runs `work` in a transaction that is rolled back, whatever happens. */
export async function tryOut<Value>(session: Session, work: () => Promise<Value>): Promise<Value> {
  return await inTransaction(session, work, { commit: "rollback" });
}
