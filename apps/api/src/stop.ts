import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";

/** A stop by signal, asked for or not yet. */
export interface Stop {
  isStopping(): boolean;
  /** To be called before the app listens. Closes it on the first SIGTERM or SIGINT; a second one, or 25 s, ends the process at once. */
  watch(app: FastifyInstance): void;
}

const drainMs = 300;
const waitingMs = 5000;
const deadlineMs = 25_000;
const sweepMs = 3000;

/** Prepares the graceful stop of this process. */
export function prepareStop(): Stop {
  let stopping = false;
  let underWay = 0;
  let connections = 0;
  const onSignal = (app: FastifyInstance, signal: string) => {
    if (stopping) endNow(app, `second signal (${signal})`);
    stopping = true;
    setTimeout(() => endNow(app, `not done after ${deadlineMs / 1000} s`), deadlineMs).unref();
    app.log.info(`${signal}: finishing the requests under way`);
    void finish(app, { underWay: () => underWay, connections: () => connections });
  };
  return {
    isStopping: () => stopping,
    watch: (app) => {
      app.server.on("connection", () => connections++);
      app.server.on("request", (_request, response) => {
        underWay++;
        response.once("close", () => underWay--);
      });
      for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => onSignal(app, signal));
    },
  };
}

/** What goes on: requests that are not answered yet, and how many connections there ever were. */
interface Traffic {
  underWay(): number;
  connections(): number;
}

async function finish(app: FastifyInstance, traffic: Traffic): Promise<void> {
  // Connections that the kernel has taken for us would be reset by closing the port, and a request may be on its
  // way on an idle one: a moment of answering with `Connection: close` empties both.
  await sleep(drainMs);
  await takeWaiting(traffic);
  sweepIdle(app, traffic);
  await app.close();
  app.log.info("stopped");
  process.exit(0);
}

/**
 * Goes on until no connection waits any more: Node takes one a turn, and a machine under load may have slept past
 * the moment. Three turns without one: what has come in on the last is read too.
 */
async function takeWaiting({ connections }: Traffic): Promise<void> {
  const end = Date.now() + waitingMs;
  for (let quiet = 0; quiet < 3 && Date.now() < end;) {
    const before = connections();
    await setImmediate();
    quiet = connections() === before ? quiet + 1 : 0;
  }
}

/** Connections on which nobody ever asked anything, such as a browser opens in advance, do not hold up the end. */
function sweepIdle(app: FastifyInstance, { underWay }: Traffic): void {
  setInterval(() => {
    app.server.closeIdleConnections();
    if (underWay() === 0) app.server.closeAllConnections();
  }, sweepMs).unref();
}

function endNow(app: FastifyInstance, why: string): never {
  app.log.error(`ended at once: ${why}`);
  process.exit(1);
}
