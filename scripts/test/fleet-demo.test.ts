import { execFile } from "node:child_process";
import path from "node:path";
import { expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "..", "..");

it("npm run fleet-demo brings all tenants to the head but the faulty one, and says which", async () => {
  const command = ["--conditions=@thedata/source", "scripts/fleet-demo/fleet-demo.ts"];
  const [code, output] = await new Promise<[number, string]>((resolve) => {
    execFile(process.execPath, command, { cwd: root }, (error, stdout, stderr) =>
      resolve([error ? Number(error.code) : 0, stdout + stderr]),
    );
  });
  expect([code, output]).toEqual([0, expect.stringContaining("✔ run 1 done: 204 targets")]);
  expect(output).toMatch(/203 applied, 1 failed/);
  expect(output).toMatch(/tenant\\_137 \| west \| .* already exists/);
});
