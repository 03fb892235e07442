import type pg from "pg";
import { measure, type RelationTrace, type TracedSession } from "../src/trace/measure.ts";

/** A session of the driver as the trace takes it. */
export async function tracedSession(client: pg.Client): Promise<TracedSession> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return {
    pid: rows[0]?.pid ?? 0,
    query: async (sql, values) => (await client.query(sql, values?.slice())).rows as never,
    run: async (sql) => (await client.query(sql)).rowCount ?? 0,
    onNotice: (listener) => {
      const listen = ({ message }: { message?: string | undefined }) => listener(message ?? "");
      client.on("notice", listen);
      return () => void client.off("notice", listen);
    },
  };
}

/** Measures a statement in the transaction that is open, by relation; undefined where the server refuses it. */
export async function tryMeasure(session: TracedSession, sql: string): Promise<Map<string, RelationTrace> | undefined> {
  await session.query("savepoint measured");
  try {
    const { relations } = await measure(session, sql);
    return new Map(relations.map((one) => [one.relation, one]));
  } catch {
    await session.query("rollback to savepoint measured");
    return undefined;
  }
}
