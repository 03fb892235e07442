import { RefusedError } from "../../errors.ts";
import type { Query } from "../../postgres/connection.ts";

/** What a backfill looks at before a batch. */
interface Load {
  /** Bytes of WAL that the server has written, ever. */
  readonly wal: number;
  /** Standbys whose numbers this role may not see. */
  readonly hidden: number;
  /** How far the slowest standby is behind. */
  readonly lagMs: number;
  readonly lagBytes: number;
  /** The replication slot without a connection that keeps the most WAL, and how much; null: none. */
  readonly slot: string | null;
  readonly slotBytes: number;
}

/** Above which a backfill waits. */
export const limits = {
  lagMs: 10_000,
  lagBytes: 256 * 1024 ** 2,
  /** Of the whole server, its own writes too. */
  walBytesPerSecond: 128 * 1024 ** 2,
} as const;

/** Says why the next batch must wait; undefined: it may begin. */
export type Throttle = () => Promise<string | undefined>;

const everyMs = 500;

/**
 * Watches replication lag and WAL rate, twice a second at the most. Throws a `RefusedError` where standbys are there
 * whose lag this role may not see: a throttle that sees nothing would never wait.
 */
export function createThrottle(query: Query): Throttle {
  let before: { readonly wal: number; readonly at: number } | undefined;
  let reason: string | undefined;
  return async () => {
    const at = performance.now();
    if (before && at - before.at < everyMs) return reason;
    const load = await readLoad(query);
    if (load.hidden > 0) throw new RefusedError(blind);
    const rate = before ? ((load.wal - before.wal) * 1000) / (at - before.at) : 0;
    before = { wal: load.wal, at };
    return (reason = judge(load, rate));
  };
}

const blind =
  "This role may not see how far the standbys are behind, so that the backfill could not wait for them: grant pg_monitor to it. What is done stays done, and the backfill goes on from there";

/** Why to wait under this load; undefined: there is no reason. */
export function judge(
  { lagMs, lagBytes, slot, slotBytes }: Omit<Load, "wal" | "hidden">,
  walRate: number,
): string | undefined {
  if (lagMs > limits.lagMs) return `a standby is ${(lagMs / 1000).toFixed(0)} s behind`;
  if (lagBytes > limits.lagBytes) return `a standby is ${megabytes(lagBytes)} behind`;
  if (slot !== null && slotBytes > limits.lagBytes)
    return `the replication slot ${slot} keeps ${megabytes(slotBytes)} of WAL for somebody who is not connected`;
  if (walRate > limits.walBytesPerSecond) return `the server writes ${megabytes(walRate)} of WAL a second`;
  return undefined;
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1024 ** 2)} MB`;

async function readLoad(query: Query): Promise<Load> {
  const [load] = await query<Load>(
    `select (pg_current_wal_lsn() - '0/0')::float8 as wal,
            count(*) filter (where pid is not null and state is null)::int as hidden,
            coalesce(max(extract(epoch from replay_lag)) * 1000, 0)::float8 as "lagMs",
            coalesce(max(pg_current_wal_lsn() - replay_lsn), 0)::float8 as "lagBytes",
            (select slot_name::text from pg_replication_slots where not active and restart_lsn is not null
              order by restart_lsn limit 1) as slot,
            coalesce((select pg_current_wal_lsn() - min(restart_lsn) from pg_replication_slots where not active), 0)::float8 as "slotBytes"
       from pg_stat_replication where state is distinct from 'backup'`,
  );
  return load as Load;
}
