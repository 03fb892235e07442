import { ConfigurationError } from "../errors.ts";
import type { Connection } from "../postgres/connection.ts";
import type { Context } from "./context.ts";

/**
 * Looks at the server and replaces the role's time-outs by the run's; gives the commands that do so again. Throws a
 * `ConfigurationError` for a pooler or a standby.
 */
export async function prepareSession(context: Context, connection: Connection): Promise<readonly string[]> {
  const { timeouts: found, mayGiveWay, mayNotice } = await inspect(connection);
  const settings = [...(mayGiveWay ? [giveWay] : []), ...(mayNotice ? [noticeLoss] : [])];
  const timeouts = [...setAside(context, found), ...settings];
  // Set before the lock is taken: between two attempts to take it, the session is idle.
  if (timeouts.length > 0) await connection.query(timeouts.join("; "));
  return timeouts;
}

// The session of a killed runner holds the lock until the server notices: it looks while a statement runs, too, and asks
// a network that keeps silent.
const noticeLoss = `select ${[
  ["client_connection_check_interval", "5s"],
  ["tcp_keepalives_idle", "30"],
  ["tcp_keepalives_interval", "10"],
  ["tcp_keepalives_count", "3"],
  ["tcp_user_timeout", "60s"],
]
  .map(([name, value]) => `set_config('${name}', '${value}', false)`)
  .join(", ")}`;

// PostgreSQL cancels an autovacuum in the way only when the one that waits for it looks for a deadlock, after a second by
// default; everybody else stands behind a waiting ALTER TABLE meanwhile. In a real deadlock the runner is the one that gives
// way, and tries again.
const giveWay = "set deadlock_timeout = '100ms'";

// The time-outs that could end a session while it works or waits between two attempts.
const timeoutNames = [
  "statement_timeout",
  "idle_in_transaction_session_timeout",
  "idle_session_timeout",
  "transaction_timeout",
] as const;

interface Session {
  readonly timeouts: Timeouts;
  /** True: the role may set `deadlock_timeout`. */
  readonly mayGiveWay: boolean;
  /** True: the server can look whether its client is there while a statement runs. */
  readonly mayNotice: boolean;
}

type Timeouts = Readonly<Partial<Record<(typeof timeoutNames)[number], string>>>;

/** The commands that replace the role's time-outs by the run's; reports the replaced ones. */
function setAside({ statementTimeoutMs, onEvent }: Context, found: Timeouts): string[] {
  const settings = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== "0"));
  if (Object.keys(settings).length > 0) onEvent({ type: "timeouts", settings });
  const wanted: Record<string, number> = Object.fromEntries(Object.keys(settings).map((name) => [name, 0]));
  if (statementTimeoutMs > 0) wanted["statement_timeout"] = statementTimeoutMs;
  return Object.entries(wanted).map(([name, value]) => `set ${name} = ${value}`);
}

/**
 * Returns the session's time-outs that the server knows, and what the role may set. Throws a `ConfigurationError` for a pooler or a standby.
 *
 * A pooler reports a process number of its own, and gives the runner's lock to other clients between statements; a
 * standby grants the lock and then refuses every write.
 */
async function inspect({ query, pid, address }: Connection): Promise<Session> {
  const [server] = await query<Session & { pid: number; standby: boolean }>(
    `select pg_backend_pid() as pid, pg_is_in_recovery() as standby,
            has_parameter_privilege('deadlock_timeout', 'set') as "mayGiveWay",
            version() !~* 'windows|mingw|visual c' as "mayNotice",
            (select json_object_agg(name, current_setting(name)) from pg_settings where name in (${timeoutNames.map((name) => `'${name}'`).join(", ")})) as timeouts`,
  );
  if (server?.standby)
    throw new ConfigurationError(`${address} is a standby, which refuses writes: connect to the primary`);
  if (server?.pid === pid) return server;
  throw new ConfigurationError(
    `${address} is a connection pooler such as PgBouncer, which shares this run's lock with other clients: connect to PostgreSQL directly, by its own address and port`,
  );
}
