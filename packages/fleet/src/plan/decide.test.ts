import { describe, expect, it } from "vitest";
import { allowedFailures, type Counts, decide, type WaveStanding } from "./decide.ts";

const now = new Date("2026-11-27T04:00:00Z");
const later = new Date("2026-11-27T04:00:01Z");
const standing = (counts: Counts, more: Partial<WaveStanding> = {}): WaveStanding => ({
  name: "100%",
  size: 200,
  counts,
  isLast: false,
  bakeUntil: null,
  baking: false,
  ...more,
});

it.each([
  ["waits while one is open", standing({ applied: 9, running: 1 }), 0, "wait"],
  ["waits while one is to begin", standing({ waiting: 1 }), 0, "wait"],
  ["goes on when all are through", standing({ applied: 9, current: 1 }), 0, "next"],
  ["goes on with failures that are allowed", standing({ applied: 198, failed: 2 }), 0, "next"],
  ["ends with one more, though others run", standing({ running: 5, failed: 1, refused: 1, gone: 1 }), 0, "end"],
  ["ends with a canary that fails", standing({ unreachable: 1 }, { name: "canary", size: 1 }), 0, "end"],
  ["bakes", standing({ applied: 1 }), 60, "bake"],
  ["does not bake what was not changed", standing({ current: 9 }), 60, "next"],
  ["waits while it bakes", standing({ applied: 1 }, { baking: true, bakeUntil: later }), 60, "wait"],
  ["goes on when it is baked", standing({ applied: 1 }, { baking: true, bakeUntil: now }), 60, "next"],
  ["asks the ledgers after the last", standing({ applied: 1 }, { isLast: true }), 60, "check"],
] as const)("a run %s", (_, wave, bakeSeconds, expected) => {
  expect(decide(wave, { bakeSeconds }, now)).toBe(expected);
});

describe("allowedFailures", () => {
  it.each([
    ["canary", 100, undefined, 0],
    ["shared", 100, undefined, 0],
    ["shared", 100, "5", 0],
    ["again shared", 100, "100%", 0],
    ["10%", 199, undefined, 1],
    ["10%", 99, undefined, 0],
    ["10%", 99, "3", 3],
    ["canary", 1, "100%", 1],
    ["10%", 50, "2.5%", 1],
  ])("of %s with %s targets and %s is %s...", (name, size, maxFailed, expected) => {
    expect(allowedFailures({ name, size }, maxFailed)).toBe(expected);
  });

  it("takes a number or a share", () => {
    expect(() => allowedFailures({ name: "a", size: 1 }, "few")).toThrow(/not "few"/);
  });
});
