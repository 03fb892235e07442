import { setTimeout as sleep } from "node:timers/promises";
import type { ClientConfig } from "pg";
import { LockSession, type SessionLock } from "./lock-session.ts";

/** The worker ends: it begins nothing more. */
export class DrainedError extends Error {
  constructor() {
    super("The worker ends, and leaves this to another");
  }
}

/** One server's slots, as far as this worker has to do with them. */
interface Server {
  readonly name: string;
  /** The numbers of the slots that this worker holds: a session would be given its own lock twice. */
  readonly held: Set<number>;
  readonly waiting: Waiter[];
  polling: boolean;
}

interface Waiter {
  readonly limit: number;
  take(slot: number): void;
  refuse(error: DrainedError): void;
}

const pollMs = 200;

/** The servers' limits, held across all workers: a slot is an advisory lock on the control database. */
export class Slots {
  readonly #servers = new Map<string, Server>();
  readonly #session: LockSession;
  #draining = false;

  constructor(config: ClientConfig) {
    this.#session = new LockSession(config, () => this.#held());
  }

  /** Runs `work` while this worker holds one of the server's slots; waits for a free one. Throws a `DrainedError`. */
  async hold<Result>(name: string, limit: number, work: () => Promise<Result>): Promise<Result> {
    const server = this.#servers.get(name) ?? { name, held: new Set(), waiting: [], polling: false };
    this.#servers.set(name, server);
    const slot = await this.#wait(server, limit);
    return await work().finally(async () => await this.#release(server, slot));
  }

  /** Who waits for a slot is refused, and who comes after. */
  drain(): void {
    this.#draining = true;
    for (const { waiting } of this.#servers.values())
      for (const waiter of waiting.splice(0)) waiter.refuse(new DrainedError());
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  #held(): SessionLock[] {
    return [...this.#servers.values()].flatMap(({ name, held }) => [...held].map((slot): SessionLock => [name, slot]));
  }

  async #wait(server: Server, limit: number): Promise<number> {
    if (this.#draining) throw new DrainedError();
    return await new Promise<number>((take, refuse) => {
      server.waiting.push({ limit, take, refuse });
      void this.#poll(server);
    });
  }

  /** One question at a time for all who wait: they are served in their order. */
  async #poll(server: Server): Promise<void> {
    if (server.polling) return;
    server.polling = true;
    for (let [first] = server.waiting; first && !this.#draining; [first] = server.waiting) {
      const slot = await this.#takeOne(server, first.limit).catch(() => undefined);
      if (slot === undefined) await sleep(pollMs * (0.5 + Math.random()));
      else if (this.#draining) await this.#release(server, slot);
      else server.waiting.shift()?.take(slot);
    }
    server.polling = false;
  }

  /** Tries the slots from a random one on; undefined: none is free. */
  async #takeOne({ name, held }: Server, limit: number): Promise<number | undefined> {
    const start = Math.floor(Math.random() * limit);
    for (let index = 0; index < limit; index++) {
      const slot = (start + index) % limit;
      if (held.has(slot) || !(await this.#session.lock(name, slot))) continue;
      held.add(slot);
      return slot;
    }
    return undefined;
  }

  async #release({ name, held }: Server, slot: number): Promise<void> {
    await this.#session.unlock(name, slot).catch(() => {});
    held.delete(slot);
  }
}
