import { createPrivateKey } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, connect as dial, createServer, type Socket } from "node:net";
import path from "node:path";
import { TLSSocket } from "node:tls";
import { expect, inject, it, onTestFinished, vi } from "vitest";
import { connect } from "../src/postgres/connection.ts";
import { temporaryFolder } from "./support.ts";

// A key of this test alone, and its certificate for the name "localhost".
const jwk = {
  kty: "EC",
  x: "_Di8WoClDK9YbBVg4gawqn97Ismg3btSMpoEv511O4k",
  y: "ZWEZ5q_JRompwFtONKlj6n4MGlhDlnffybXJQXHZwSE",
  crv: "P-256",
  d: "a6zysG6uB50drXxjv5cvFqWCzG4jge46429fuhi_KZM",
};
const key = createPrivateKey({ key: jwk, format: "jwk" }).export({ type: "pkcs8", format: "pem" });
const own = `-----BEGIN CERTIFICATE-----
MIIBlDCCATugAwIBAgIUOxnSmB0dZYurewJrqQor+OMjTncwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDE4MTIyOVoYDzIxMjYxMDMx
MTgxMjI5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAT8OLxagKUMr1hsFWDiBrCqf3siyaDdu1IymgS/nXU7iWVhGeavyUaJ
qcBbTjSpY+p+DBpYQ5Z338m1yUFx2cEho2kwZzAdBgNVHQ4EFgQUKR9rzpb9luOG
zqvsZJiPPh257xcwHwYDVR0jBBgwFoAUKR9rzpb9luOGzqvsZJiPPh257xcwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
RwAwRAIgBArUf8nXVfWJ8XYYxxUtupc/D8NfDaGrIhu3TaDEvxwCIFFRRJ8sZUM7
9jiziGjr0SY9yVsxX50JMaAES95FfXHS
-----END CERTIFICATE-----`;
const anothers = `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUHCiuWxq2WBT6cWP1GWAIIhp6ip0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJZWxzZXdoZXJlMCAXDTI2MTEyNDE4MTMwM1oYDzIxMjYxMDMx
MTgxMzAzWjAUMRIwEAYDVQQDDAllbHNld2hlcmUwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATTJo6wwJL39aNoTCjyNOUNyQqbDxKdt3mvXDE0QFkoMkM7N86UUyjW
NJZ0CQPScac2r7uDXbwzg0PUXiFMEUsKo1MwUTAdBgNVHQ4EFgQU0Du/18ChmT2t
U1qgvbjmf1M26BQwHwYDVR0jBBgwFoAU0Du/18ChmT2tU1qgvbjmf1M26BQwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiAEQ5ZaT1aqax3gLMjHNvDD
VHQwP1iVRKOCX+ka0Nrh/gIhAMqEUEUGLnzOUkb8xUmyRoasfODAsiT+w8NQjSz7
wvDd
-----END CERTIFICATE-----`;

/** The address of a server with TLS in front of the run's own, which has none. */
async function tlsServer(hostname: string): Promise<URL> {
  const behind = new URL(inject("postgresDsn"));
  const server = createServer((client) => {
    client.on("error", () => {});
    client.once("data", () => {
      client.write("S");
      join(new TLSSocket(client, { isServer: true, key, cert: own }), dial(Number(behind.port), behind.hostname));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  onTestFinished(() => void server.close());
  return Object.assign(new URL(behind), { hostname, port: String((server.address() as AddressInfo).port) });
}

function join(one: Socket, other: Socket): void {
  one.on("error", () => other.destroy()).on("close", () => other.destroy());
  other.on("error", () => one.destroy()).on("close", () => one.destroy());
  one.pipe(other).pipe(one);
}

/** What a session by this address says; "{own}" and "{other}" stand for files of certificates. */
async function ask(address: URL, parameters: string): Promise<unknown> {
  const folder = await temporaryFolder();
  const files = { own, anothers };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  const dsn = `${address.href}?${parameters.replace("{", `${folder}/`).replace("}", "")}`;
  const connection = await connect(dsn, "test").catch((error: Error) => error.message);
  if (typeof connection === "string") return connection;
  const observer = await connection.observe();
  const answers = [...(await connection.query("select 1 as one")), ...(await observer.query("select 1 as one"))];
  await observer.close();
  await connection.close();
  return answers.length === 2 && "connected";
}

it.each([
  ["sslmode=require", "127.0.0.1", "connected"],
  ["sslmode=prefer", "127.0.0.1", "connected"],
  ["sslmode=no-verify", "127.0.0.1", "connected"],
  ["sslmode=require&sslrootcert={own}", "127.0.0.1", "connected"],
  ["sslmode=require&sslrootcert={anothers}", "127.0.0.1", "self-signed certificate"],
  ["sslmode=verify-ca&sslrootcert={own}", "127.0.0.1", "connected"],
  ["sslmode=verify-ca&sslrootcert={anothers}", "127.0.0.1", "self-signed certificate"],
  ["sslmode=verify-ca", "127.0.0.1", "sslmode=verify-ca needs sslrootcert=FILE"],
  ["sslmode=verify-full&sslrootcert={own}", "localhost", "connected"],
  ["sslmode=verify-full&sslrootcert={own}", "127.0.0.1", "does not match certificate"],
  ["sslmode=verify-full", "localhost", "self-signed certificate"],
])("%s means to a server with TLS at %s what it means to libpq", async (parameters, host, expected) => {
  const warn = vi.spyOn(process, "emitWarning");
  expect(await ask(await tlsServer(host), parameters)).toContain(expected);
  expect(warn).not.toHaveBeenCalled();
});

it.each([
  ["sslmode=disable", "connected"],
  ["sslmode=allow", "connected"],
  ["sslmode=prefer", "connected"],
  ["sslmode=require", "does not support SSL"],
  ["sslmode=bogus", `sslmode is "bogus": it takes disable, allow, prefer, require, verify-ca or verify-full`],
  ["sslmode=", `sslmode is "": it takes disable`],
])("%s means to a server without TLS what it means to libpq", async (parameters, expected) => {
  const warn = vi.spyOn(process, "emitWarning");
  expect(await ask(new URL(inject("postgresDsn")), parameters)).toContain(expected);
  expect(warn).not.toHaveBeenCalled();
});

it("takes PGSSLMODE where the address says nothing", async () => {
  vi.stubEnv("PGSSLMODE", "bogus");
  onTestFinished(() => void vi.unstubAllEnvs());
  const server = new URL(inject("postgresDsn"));
  expect(await ask(server, "")).toContain('PGSSLMODE is "bogus"');
  expect(await ask(server, "sslmode=disable")).toBe("connected");
});
