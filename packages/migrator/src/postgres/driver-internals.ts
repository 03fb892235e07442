import { Socket } from "node:net";
import type { Client } from "pg";

// The parts of `pg` 8 that its types do not promise. Each is checked before use, so that a version without it is named
// instead of failing elsewhere.

/** The server process number of an open session. Throws a `TypeError` where the driver lacks it. */
export function processIdOf(client: Client): number {
  const { processID } = client as { processID?: unknown };
  if (typeof processID === "number") return processID;
  throw new TypeError("pg does not provide client.processID: use pg 8");
}

/** The socket of an open session. Throws a `TypeError` where the driver lacks it. */
export function socketOf(client: Client): Socket {
  const { connection } = client as { connection?: { stream?: unknown } };
  if (connection?.stream instanceof Socket) return connection.stream;
  throw new TypeError("pg does not provide the socket client.connection.stream: use pg 8");
}
