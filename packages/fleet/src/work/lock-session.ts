import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientConfig } from "pg";

/** A session on the control database that is there for its locks; it comes back where it is lost. */
export interface LockSession {
  /** Takes a lock if it is free; true where this session has it. */
  lock(name: string, number: number): Promise<boolean>;
  unlock(name: string, number: number): Promise<void>;
  close(): Promise<void>;
}

// Each worker first takes back the locks of what it still runs.
const settleMs = 3000;

/**
 * Opens the session. Where it is lost, a new one takes the locks that `held` names before any other, and gives the other
 * workers time to do so, too.
 */
export function openLockSession(
  config: ClientConfig,
  held: () => readonly (readonly [name: string, number: number])[],
): LockSession {
  let closed = false;
  let session = open();
  let last: Promise<unknown> = session;

  async function open(): Promise<Client> {
    for (;;) {
      const client = await tryOpen();
      if (client) return client;
      if (closed) throw new Error("The session of the locks is closed");
      await sleep(500);
    }
  }

  async function tryOpen(): Promise<Client | undefined> {
    const client = new Client({ ...config, keepAlive: true });
    client.on("error", () => {});
    try {
      await client.connect();
    } catch {
      await client.end().catch(() => {});
      return undefined;
    }
    client.on("end", () => {
      if (!closed) session = reopen();
    });
    return client;
  }

  async function reopen(): Promise<Client> {
    const client = await open();
    for (const values of held()) await client.query(lock, [...values]).catch(() => {});
    await sleep(settleMs);
    return client;
  }

  /** The session takes one question at a time. */
  async function ask(sql: string, values: readonly unknown[]): Promise<boolean> {
    const before = last;
    const answer = before.then(
      async () => await send(sql, values),
      async () => await send(sql, values),
    );
    last = answer;
    return await answer;
  }

  async function send(sql: string, values: readonly unknown[]): Promise<boolean> {
    const { rows } = await (await session).query<{ locked: boolean }>(sql, [...values]);
    return rows[0]?.locked === true;
  }

  return {
    lock: async (name, number) => await ask(lock, [name, number]),
    unlock: async (name, number) => void (await ask(unlock, [name, number])),
    close: async () => {
      closed = true;
      await session.then(async (client) => await client.end()).catch(() => {});
    },
  };
}

const lock = "select pg_try_advisory_lock(hashtext('fleet ' || $1), $2) as locked";
const unlock = "select pg_advisory_unlock(hashtext('fleet ' || $1), $2) as locked";
