import { temporaryFolder } from "@thedata/dev-postgres/testing";
import "@thedata/dev-postgres/vitest";
import { expect, inject, onTestFinished, test } from "vitest";
import { measure } from "../src/measure.ts";
import type { Peer } from "../src/peer.ts";
import { umzug } from "../src/peers/umzug.ts";
import { createProjects } from "../src/projects.ts";
import { runRounds } from "../src/rounds.ts";
import type { Workload } from "../src/workloads.ts";

const apply: Workload = { id: "W3", title: "three", kind: "apply", size: 3, rounds: 1, phase: 1 };
const list: Workload = { ...apply, id: "W5", kind: "list" };

async function run(peer: Peer, workload: Workload): Promise<unknown> {
  const folder = await temporaryFolder();
  const projects = createProjects(inject("postgresDsn"), folder);
  onTestFinished(projects.close);
  return await runRounds([workload], [peer], projects, () => {});
}

test("a peer that ends well but did nothing ends the benchmark", async () => {
  const idle: Peer = { ...umzug, up: ({ folder }) => ({ argv: ["true"], cwd: folder }) };
  await expect(run(idle, apply)).rejects.toThrow("did not do its work: tables: 0 instead of 3");
});

test("a peer whose ledger says something else ends the benchmark", async () => {
  const forgetful: Peer = { ...umzug, ledger: (applied) => ({ ...umzug.ledger(applied), value: String(applied + 1) }) };
  await expect(run(forgetful, apply)).rejects.toThrow("ledger: 3 instead of 4");
});

test("a peer that lists less than there is ends the benchmark", async () => {
  const terse: Peer = { ...umzug, list: ({ folder }) => ({ argv: ["echo", "work_00001"], cwd: folder }) };
  await expect(run(terse, list)).rejects.toThrow("listed names: 1 instead of 3");
});

test("a peer that fails ends the benchmark with what it printed", async () => {
  const cwd = await temporaryFolder();
  const command = { argv: ["/bin/sh", "-c", "echo no such table; exit 3"], cwd };
  await expect(measure(command)).rejects.toThrow(/status 3:\nno such table/);
});

test("a peer that is killed has failed", async () => {
  const cwd = await temporaryFolder();
  await expect(measure({ argv: ["/bin/sh", "-c", "kill -9 $$"], cwd })).rejects.toThrow("status 137");
});

test("what a process takes is told with the processes that it waited for", async () => {
  const cwd = await temporaryFolder();
  const busy = `node -e "const kept = Buffer.alloc(60e6, 1); while (process.cpuUsage().user < 100e3) kept[0]++"`;
  const { wallMs, cpuMs, peakMib } = await measure({ argv: ["/bin/sh", "-c", `${busy}; true`], cwd });
  expect(cpuMs).toBeGreaterThan(90);
  expect(wallMs).toBeGreaterThan(0);
  expect(peakMib).toBeGreaterThan(80);
});

test("what is small is told as small, although the benchmark is not", async () => {
  expect((await measure({ argv: ["true"], cwd: await temporaryFolder() })).peakMib).toBeLessThan(8);
});
