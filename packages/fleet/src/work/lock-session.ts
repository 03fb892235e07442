import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientConfig } from "pg";

/** A lock of the session: a name, and a number below it. */
export type SessionLock = readonly [name: string, number: number];

// Each worker first takes back the locks of what it still runs.
const settleMs = 3000;

/**
 * A session on the control database that is there for its locks. Where it is lost, a new one takes the locks that `held`
 * names before any other, and gives the other workers time to do so, too.
 */
export class LockSession {
  readonly #config: ClientConfig;
  readonly #held: () => readonly SessionLock[];
  #session: Promise<Client>;
  #last: Promise<unknown>;
  #closed = false;

  constructor(config: ClientConfig, held: () => readonly SessionLock[]) {
    this.#config = { ...config, keepAlive: true };
    this.#held = held;
    this.#session = this.#open();
    this.#last = this.#session;
  }

  /** Takes a lock if it is free; true where this session has it. */
  async lock(...values: SessionLock): Promise<boolean> {
    return await this.#ask(lock, values);
  }

  async unlock(...values: SessionLock): Promise<void> {
    await this.#ask(unlock, values);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#session.then(async (client) => await client.end()).catch(() => {});
  }

  /** The session takes one question at a time. */
  async #ask(sql: string, values: SessionLock): Promise<boolean> {
    const answer = this.#last
      .catch(() => {})
      .then(async () => (await this.#session).query<{ locked: boolean }>(sql, [...values]));
    this.#last = answer;
    return (await answer).rows[0]?.locked === true;
  }

  async #open(): Promise<Client> {
    for (;;) {
      const client = await this.#tryOpen();
      if (client) return client;
      if (this.#closed) throw new Error("The session of the locks is closed");
      await sleep(500);
    }
  }

  async #tryOpen(): Promise<Client | undefined> {
    const client = new Client(this.#config);
    client.on("error", () => {});
    try {
      await client.connect();
    } catch {
      await client.end().catch(() => {});
      return undefined;
    }
    await client.query(noticeLoss).catch(() => {});
    client.on("end", () => {
      if (!this.#closed) this.#session = this.#reopen();
    });
    return client;
  }

  async #reopen(): Promise<Client> {
    const client = await this.#open();
    for (const values of this.#held()) await client.query(lock, [...values]).catch(() => {});
    await sleep(settleMs);
    return client;
  }
}

// A worker's machine may vanish without a word: its locks are free once the server has asked in vain.
const noticeLoss = `select ${[
  ["client_connection_check_interval", "5s"],
  ["tcp_keepalives_idle", "15"],
  ["tcp_keepalives_interval", "5"],
  ["tcp_keepalives_count", "3"],
  ["tcp_user_timeout", "30s"],
]
  .map(([name, value]) => `set_config('${name}', '${value}', false)`)
  .join(", ")}`;

const lock = "select pg_try_advisory_lock(hashtext('fleet ' || $1), $2) as locked";
const unlock = "select pg_advisory_unlock(hashtext('fleet ' || $1), $2) as locked";
