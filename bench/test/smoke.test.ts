import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { temporaryFolder } from "@thedata/dev-postgres/testing";
import { expect, test } from "vitest";
import { runBenchmark } from "../src/benchmark.ts";
import { readOptions } from "../src/options.ts";

test(
  "a smoke run measures every quick peer, proves its work and writes table and chart",
  { timeout: 180_000 },
  async () => {
    const folder = await temporaryFolder();
    const options = readOptions(["--smoke", "--out", folder], folder);
    if (!options) throw new Error("these options ask for help");
    const run = await runBenchmark(options, () => {});

    const measured = (id: string) =>
      new Set(run.samples.filter(({ peer }) => peer === id).map(({ workload }) => workload));
    expect(measured("ours")).toEqual(new Set(["W1", "W2", "W3", "W4", "W5", "W6"]));
    expect(measured("umzug")).toEqual(new Set(["W1", "W2", "W3", "W4", "W5"]));
    for (const { wallMs, cpuMs, peakMib } of run.samples)
      for (const value of [wallMs, cpuMs, peakMib]) expect(value).toBeGreaterThan(0);

    const report = await readFile(path.join(folder, "RESULTS.md"), "utf8");
    expect(report).toContain("W1: at most 4.5 × psql");
    expect(report).toContain("packages/migrator-cli/dist");
    expect(report).not.toContain(path.resolve(import.meta.dirname, "..", ".."));
    expect(report).not.toContain(tmpdir() + path.sep);
    expect(await readFile(path.join(folder, "results.svg"), "utf8")).toMatch(/^<svg .*<rect class="ours".*<\/svg>\n$/s);
  },
);
