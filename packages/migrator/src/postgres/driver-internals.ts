import { Socket } from "node:net";
import type { Client } from "pg";

// What we use of `pg` 8 that its types do not promise. Each is looked at before it is used: another version that has it
// no more is named, in place of a failure somewhere else.

/** The number of the server process behind a session that is open. Throws where the driver does not tell. */
export function processIdOf(client: Client): number {
  const { processID } = client as { processID?: unknown };
  if (typeof processID === "number") return processID;
  throw new TypeError("pg no longer tells the process of a session (client.processID): use pg 8");
}

/** The socket of a session that is open. Throws where the driver does not tell. */
export function socketOf(client: Client): Socket {
  const { connection } = client as { connection?: { stream?: unknown } };
  if (connection?.stream instanceof Socket) return connection.stream;
  throw new TypeError("pg no longer tells the socket of a session (client.connection.stream): use pg 8");
}
