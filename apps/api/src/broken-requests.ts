import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

const problems: Record<string, readonly [number, string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request did not arrive completely in time"],
  HPE_HEADER_OVERFLOW: [431, "The headers are too big"],
};

/**
 * Fastify's `clientErrorHandler`: answers an incomplete or invalid request with a problem document, then disconnects.
 */
export function answerBrokenRequest(this: FastifyInstance, error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const [status, detail] = problems[error.code ?? ""] ?? [400, "This is not HTTP"];
  this.log.debug({ code: error.code }, detail);
  const title = STATUS_CODES[status] ?? "";
  const body = JSON.stringify({ type: "about:blank", title, status, detail, instance: "", errors: [] });
  const head = [`HTTP/1.1 ${status} ${title}`, "connection: close", "content-type: application/problem+json"];
  if (socket.writable) socket.write([...head, `content-length: ${Buffer.byteLength(body)}`, "", body].join("\r\n"));
  socket.destroySoon();
}
