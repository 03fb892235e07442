import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { expect, inject, test, vi } from "vitest";

test("an API that a test started ends with the process that started it, even when that one is killed", async () => {
  const program = path.join(import.meta.dirname, "abandon.ts");
  const starter = spawn(process.execPath, ["--conditions=@thedata/source", program], {
    env: { POSTGRES_DSN: inject("postgresDsn") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(starter.stdout, "data")) as [Buffer];
  const address = line.toString().trim();
  expect((await fetch(`${address}/healthz`)).status).toBe(200);
  starter.kill("SIGKILL");
  const code = await vi.waitUntil(async () => await refusal(address), { timeout: 120_000 });
  expect(code).toBe("ECONNREFUSED");
});

/** The error code when nothing listens there; false while something does. */
async function refusal(address: string): Promise<string | false> {
  return await fetch(`${address}/healthz`).then(
    () => false,
    (error: { cause?: { code?: string } }) => error.cause?.code === "ECONNREFUSED" && error.cause.code,
  );
}
