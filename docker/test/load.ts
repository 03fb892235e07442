import { setTimeout as sleep } from "node:timers/promises";

/** What came of requests that were sent at a steady rate, however long the answers took. */
export interface Figures {
  readonly requests: number;
  readonly perSecond: number;
  /** What was not answered with success within ten seconds, in words. */
  readonly failures: readonly string[];
  /** For how long no instance said that it was ready. */
  readonly secondsUnready: number;
  readonly slowestMs: number;
}

/** Requests under way. */
export interface Load {
  stop(): Promise<Figures>;
}

type Ask = (target: string, init?: RequestInit) => Promise<Response>;

const everyMs = 15;
/** Below the API's limit of 250 on one instance: a machine that stalls is not what is measured. */
const atOnce = 200;

/** Sends requests of these in turn, 66 a second, and beside them asks twenty times a second who is ready. */
export function startLoad(ask: Ask, requests: readonly (() => readonly [string, RequestInit])[]): Load {
  const [started, failures, sent] = [performance.now(), new Array<string>(), new Array<Promise<void>>()];
  let [slowestMs, underWay, left] = [0, 0, 0];
  const send = async ([target, init]: readonly [string, RequestInit]) => {
    const at = performance.now();
    underWay++;
    const fails = (why: unknown) => void failures.push(`${init.method ?? "GET"} ${target}: ${String(why)}`);
    try {
      const answer = await ask(target, { ...init, signal: AbortSignal.timeout(10_000) });
      const text = await answer.text();
      if (!answer.ok) fails(`${answer.status} ${text.slice(0, 200)}`);
    } catch (error) {
      fails(error);
    }
    underWay--;
    slowestMs = Math.max(slowestMs, performance.now() - at);
  };
  const timer = setInterval(() => {
    // A timer that comes late makes up for what it has missed.
    while ((sent.length + left) * everyMs < performance.now() - started) {
      const request = requests[sent.length % requests.length];
      if (underWay >= atOnce || !request) left++;
      else sent.push(send(request()));
    }
  }, everyMs);
  const readiness = watchReadiness(ask);
  return {
    stop: async () => {
      clearInterval(timer);
      const seconds = (performance.now() - started) / 1000;
      await Promise.all(sent);
      const secondsUnready = await readiness.stop();
      return { requests: sent.length, perSecond: sent.length / seconds, failures, secondsUnready, slowestMs };
    },
  };
}

function watchReadiness(ask: Ask): { stop(): Promise<number> } {
  let isOver = false;
  let unreadyMs = 0;
  const watching = (async () => {
    for (let last = performance.now(); !isOver;) {
      const ready = await ask("/readyz", { signal: AbortSignal.timeout(5000) }).then(
        async (answer) => (await answer.text(), answer.ok),
        () => false,
      );
      const now = performance.now();
      if (!ready) unreadyMs += now - last;
      last = now;
      await sleep(50);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await watching;
      return unreadyMs / 1000;
    },
  };
}

/** The figures in a line. */
export function describeFigures({ requests, perSecond, failures, secondsUnready, slowestMs }: Figures): string {
  return `${requests} requests, ${perSecond.toFixed(0)} a second, ${failures.length} failed, slowest ${slowestMs.toFixed(0)} ms; ${secondsUnready.toFixed(1)} s without a ready instance`;
}
