import { expect, it } from "vitest";
import type { AppliedMigration } from "../ledger/ledger.ts";
import { buildManifest } from "../history/manifest.ts";
import { summarize } from "./status.ts";

const history = ["M1", "M2"].map((name) => ({ name, checksum: `sum of ${name}` }));
const applied = (...names: string[]): AppliedMigration[] =>
  names.map((name) => ({
    name,
    appliedAt: "2024-02-18T00:00:00.000Z",
    checksum: `sum of ${name}`,
    durationMs: 1,
    appliedBy: null,
    appliedFrom: null,
    toolVersion: null,
    runId: null,
    undo: null,
  }));

it.each([
  { rows: [], state: "empty", head: null, pending: ["M1", "M2"] },
  { rows: ["M1"], state: "behind", head: "M1", pending: ["M2"] },
  { rows: ["M1", "M2"], state: "current", head: "M2", pending: [] },
  { rows: ["M1", "M2", "M3"], state: "ahead", head: "M3", pending: [] },
  { rows: ["M2"], state: "diverged", head: "M2", pending: ["M1"] },
  { rows: ["M0", "M1"], state: "diverged", head: "M1", pending: ["M2"] },
])("calls a database with $rows $state", ({ rows, state, head, pending }) => {
  const status = summarize(history, applied(...rows));
  expect(status).toMatchObject({ state, head, target: "M2", pending: pending.map((name) => ({ name })) });
  expect(status.problems.length > 0).toBe(state === "diverged");
});

it("calls a database diverged where a checksum differs", () => {
  const edited = [{ name: "M1", checksum: "another" }];
  expect(summarize(edited, applied("M1"))).toMatchObject({ state: "diverged", problems: [{ code: "changed" }] });
});

it("takes a history from names alone", () => {
  expect(summarize([{ name: "M1" }], applied("M1"))).toMatchObject({ state: "current", problems: [] });
});

it("has no target without a history", () => {
  expect(summarize([], [])).toEqual({
    state: "current",
    head: null,
    target: null,
    applied: [],
    pending: [],
    held: [],
    compatible: true,
    findings: [],
    problems: [],
    halfDone: null,
    runner: null,
  });
});

it("holds the manifest against the files", () => {
  expect(summarize(history, applied("M1", "M2"), { manifest: buildManifest(history.slice(0, 1)) })).toMatchObject({
    state: "diverged",
    problems: [{ code: "changed", migration: "M2" }],
  });
});
