import { setTimeout as sleep } from "node:timers/promises";
import type { ClientConfig } from "pg";
import { openLockSession } from "./lock-session.ts";

/** The servers' limits, held across all workers: a slot is an advisory lock on the control database. */
export interface Slots {
  /** Runs `work` while this worker holds one of the server's slots; waits for a free one. Throws a `DrainedError`. */
  hold<Result>(server: string, limit: number, work: () => Promise<Result>): Promise<Result>;
  /** Who waits for a slot is refused, and who comes after. */
  drain(): void;
  close(): Promise<void>;
}

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

/** Opens the session that holds this worker's slots. */
export function openSlots(config: ClientConfig): Slots {
  const servers = new Map<string, Server>();
  const session = openLockSession(config, () =>
    [...servers.values()].flatMap(({ name, held }) => [...held].map((slot) => [name, slot] as const)),
  );
  let draining = false;

  const serverOf = (name: string) => {
    const server = servers.get(name) ?? { name, held: new Set(), waiting: [], polling: false };
    servers.set(name, server);
    return server;
  };
  const wait = async (server: Server, limit: number) =>
    await new Promise<number>((take, refuse) => {
      if (draining) refuse(new DrainedError());
      server.waiting.push({ limit, take, refuse });
      void poll(server);
    });

  /** One question at a time for all who wait: they are served in their order. */
  async function poll(server: Server): Promise<void> {
    if (server.polling) return;
    server.polling = true;
    for (let [first] = server.waiting; first && !draining; [first] = server.waiting) {
      const slot = await takeOne(server, first.limit).catch(() => undefined);
      if (slot === undefined) await sleep(pollMs * (0.5 + Math.random()));
      else if (draining) await release(server, slot);
      else server.waiting.shift()?.take(slot);
    }
    server.polling = false;
  }

  /** Tries the slots from a random one on; undefined: none is free. */
  async function takeOne({ name, held }: Server, limit: number): Promise<number | undefined> {
    const start = Math.floor(Math.random() * limit);
    for (let index = 0; index < limit; index++) {
      const slot = (start + index) % limit;
      if (held.has(slot) || !(await session.lock(name, slot))) continue;
      held.add(slot);
      return slot;
    }
    return undefined;
  }

  async function release({ name, held }: Server, slot: number): Promise<void> {
    await session.unlock(name, slot).catch(() => {});
    held.delete(slot);
  }

  return {
    hold: async (name, limit, work) => {
      const server = serverOf(name);
      const slot = await wait(server, limit);
      return await work().finally(async () => await release(server, slot));
    },
    drain: () => {
      draining = true;
      for (const { waiting } of servers.values())
        for (const waiter of waiting.splice(0)) waiter.refuse(new DrainedError());
    },
    close: async () => await session.close(),
  };
}
