import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";

/** The graceful stop by signal. */
export interface Stop {
  isStopping(): boolean;
  /**
   * Call before the app listens. Closes it on the first SIGTERM or SIGINT; a second, or 25 s, ends the process at once.
   */
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

/** Counters: unanswered requests, and all connections so far. */
interface Traffic {
  underWay(): number;
  connections(): number;
}

async function finish(app: FastifyInstance, traffic: Traffic): Promise<void> {
  // Closing the port would reset connections that wait in the kernel's queue, and an idle connection may have a request
  // on its way: first answer with `Connection: close` for a moment.
  await sleep(drainMs);
  await takeWaiting(traffic);
  sweepIdle(app, traffic);
  await app.close();
  app.log.info("stopped");
  process.exit(0);
}

/**
 * Waits until no connection is queued: Node accepts one per turn, and a machine under load may need longer than
 * `drainMs`. Three turns without a new one, so that requests on the last one are read too.
 */
async function takeWaiting({ connections }: Traffic): Promise<void> {
  const end = Date.now() + waitingMs;
  for (let quiet = 0; quiet < 3 && Date.now() < end;) {
    const before = connections();
    await setImmediate();
    quiet = connections() === before ? quiet + 1 : 0;
  }
}

/** Closes connections without a request, as browsers open them in advance, so that they do not delay the stop. */
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
