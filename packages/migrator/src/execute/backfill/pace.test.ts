import { expect, it } from "vitest";
import { nextPace, type Pace, slower } from "./pace.ts";

const pace: Pace = { size: 1000, pauseMs: 0, bestPerRow: 0.05 };

it.each([
  ["grows by half at the most where a batch is quick", { rows: 1000, durationMs: 5, waiters: 0 }, 1500],
  ["stays where a batch takes what it should", { rows: 1000, durationMs: 50, waiters: 0 }, 1000],
  ["shrinks where a batch is slow", { rows: 1000, durationMs: 80, waiters: 0 }, 625],
  ["halves at the most", { rows: 1000, durationMs: 5000, waiters: 0 }, 500],
  ["halves where somebody waited for it", { rows: 1000, durationMs: 5, waiters: 1 }, 500],
  ["stays behind a batch that was not full", { rows: 10, durationMs: 1, waiters: 0 }, 1000],
])("a batch %s", (_, seen, size) => {
  expect(nextPace(pace, seen).size).toBe(size);
});

it("is of ten rows at the least, and of 50,000 at the most", () => {
  expect(nextPace({ ...pace, size: 12 }, { rows: 12, durationMs: 900, waiters: 3 }).size).toBe(10);
  expect(nextPace({ ...pace, size: 49_000 }, { rows: 49_000, durationMs: 1, waiters: 0 }).size).toBe(50_000);
});

it("rests as long as the batch took, and longer where a row takes longer than it did", () => {
  expect(nextPace(pace, { rows: 1000, durationMs: 50, waiters: 0 }).pauseMs).toBe(50);
  expect(nextPace(pace, { rows: 1000, durationMs: 150, waiters: 0 }).pauseMs).toBeCloseTo(450);
  expect(nextPace(pace, { rows: 1000, durationMs: 1500, waiters: 0 }).pauseMs).toBe(5000);
});

it("halves behind a batch that did not get its locks, and rests longer from try to try", () => {
  expect(slower(pace, 1).size).toBe(500);
  expect(slower(pace, 1).pauseMs).toBeLessThanOrEqual(150);
  expect(slower(pace, 6).pauseMs).toBeGreaterThanOrEqual(1600);
});
