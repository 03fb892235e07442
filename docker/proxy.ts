import { resolve4 } from "node:dns/promises";
import { createServer, get, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";

const everyMs = 200;
const probeMs = 1000;

/** Finds the instances there are, ready or not, each as HOST:PORT. */
export type FindInstances = () => Promise<readonly string[]>;

/**
 * Passes each request to an instance whose `/readyz` answers 200, asked five times a second, in turn; answers 503 where
 * none is ready, and `/readyz` by itself. What an instance has not got, or a GET that it did not answer, goes to
 * another one.
 */
export function createProxy(find: FindInstances): Server {
  const ready = new Set<string>();
  const look = setInterval(() => void lookAround(find, ready), everyMs);
  return createServer((incoming, outgoing) => pass({ incoming, outgoing, ready, tried: new Set() })).on("close", () =>
    clearInterval(look),
  );
}

async function lookAround(find: FindInstances, ready: Set<string>): Promise<void> {
  // A name server that fails takes nobody away: who is known is asked all the same.
  const instances = await find().catch(() => [...ready]);
  for (const gone of ready) if (!instances.includes(gone)) ready.delete(gone);
  await Promise.all(instances.map(async (instance) => await probe(instance, ready)));
}

/** An instance that is too busy to answer in time stays what it was. */
async function probe(instance: string, ready: Set<string>): Promise<void> {
  await new Promise<void>((resolve) => {
    const signal = AbortSignal.timeout(probeMs);
    get(`http://${instance}/readyz`, { agent: false, signal }, (answer) => {
      if (answer.resume().statusCode === 200) ready.add(instance);
      else ready.delete(instance);
      resolve();
    }).on("error", () => {
      if (!signal.aborted) ready.delete(instance);
      resolve();
    });
  });
}

interface Passage {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly ready: Set<string>;
  /** Instances that this request was not served by. */
  readonly tried: Set<string>;
}

function pass(passage: Passage): void {
  const { incoming, outgoing, ready, tried } = passage;
  const instance = [...ready].find((one) => !tried.has(one));
  if (instance === undefined) return refuse(outgoing);
  // An instance that is about to end would speak for all.
  if (incoming.url === "/readyz") return void outgoing.end();
  tried.add(instance);
  // Behind the others: they take turns.
  if (ready.delete(instance)) ready.add(instance);
  const { method, url } = incoming;
  const upstream = request(`http://${instance}`, { method, path: url, headers: headersOf(incoming), agent: false });
  let isConnected = false;
  upstream.on("socket", (socket) =>
    socket.once("connect", () => {
      isConnected = true;
      if (incoming.readableEnded) upstream.end();
      else incoming.pipe(upstream);
    }),
  );
  upstream.on("response", (answer) => giveBack(answer, outgoing));
  upstream.on("error", () => {
    // The client has gone, which says nothing of the instance.
    if (outgoing.destroyed) return;
    if (!isConnected) ready.delete(instance);
    if (outgoing.headersSent) outgoing.destroy();
    else if (!isConnected || method === "GET" || method === "HEAD") pass(passage);
    else refuse(outgoing, 502);
  });
  outgoing.once("close", () => upstream.destroy());
}

function headersOf({ headers, socket }: IncomingMessage): NodeJS.Dict<string | string[]> {
  return { ...headers, connection: "close", "x-forwarded-for": socket.remoteAddress ?? "" };
}

function giveBack(answer: IncomingMessage, outgoing: ServerResponse): void {
  const { connection: _, "keep-alive": __, ...headers } = answer.headers;
  outgoing.writeHead(answer.statusCode ?? 502, headers);
  answer.on("error", () => outgoing.destroy());
  answer.pipe(outgoing);
}

function refuse(outgoing: ServerResponse, status = 503): void {
  outgoing.writeHead(status, { "retry-after": "1" }).end();
}

if (import.meta.main) {
  const server = createProxy(async () => (await resolve4("api")).map((address) => `${address}:3000`));
  server.listen(3000);
  process.once("SIGTERM", () => server.close());
}
