import type { Query } from "@thedata/catalog";
import type { ServerError } from "./refusal.ts";

/** Runs one statement in a savepoint that is rolled back. */
export async function attempt<Found extends object>(
  query: Query,
  sql: string,
): Promise<{ readonly rows?: Found[]; readonly error?: ServerError }> {
  await query("savepoint attempted");
  try {
    return { rows: await query<Found>(sql) };
  } catch (error) {
    return { error: error as ServerError };
  } finally {
    await query("rollback to savepoint attempted");
  }
}
