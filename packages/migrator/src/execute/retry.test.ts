import { describe, expect, it } from "vitest";
import { retryOnLockTimeout } from "./retry.ts";

const failure = (sqlState?: string) => Object.assign(new Error(`failed with ${sqlState}`), { sqlState });

/** Work that fails with each of `errors` in turn and then succeeds. */
function workThatFails(...errors: Error[]) {
  let calls = 0;
  const work = async () => {
    const error = errors[calls++];
    if (error) throw error;
    return "done";
  };
  return { work, calls: () => calls };
}

describe("retryOnLockTimeout", () => {
  it("gives the result of work that succeeds at once, without a word", async () => {
    const retries: number[] = [];
    const { work, calls } = workThatFails();
    expect(await retryOnLockTimeout(work, { budgetMs: 0, onRetry: (attempt) => retries.push(attempt) })).toBe("done");
    expect([calls(), retries]).toEqual([1, []]);
  });

  it.each(["55P03", "40P01"])("tries again after %s and counts its attempts", async (sqlState) => {
    const retries: number[] = [];
    const { work, calls } = workThatFails(failure(sqlState), failure(sqlState));
    await retryOnLockTimeout(work, { budgetMs: 60_000, onRetry: (attempt) => retries.push(attempt) });
    expect([calls(), retries]).toEqual([3, [1, 2]]);
  });

  it.each(["42P07", undefined])("throws %s at once", async (sqlState) => {
    const { work, calls } = workThatFails(failure(sqlState));
    await expect(retryOnLockTimeout(work, { budgetMs: 60_000, onRetry: () => {} })).rejects.toMatchObject({ sqlState });
    expect(calls()).toBe(1);
  });

  it("throws the last failure as it is when the budget is too small for another pause", async () => {
    const { work, calls } = workThatFails(failure("55P03"));
    await expect(retryOnLockTimeout(work, { budgetMs: 100, onRetry: () => {} })).rejects.toThrow("failed with 55P03");
    expect(calls()).toBe(1);
  });

  it("throws at once when it was aborted", async () => {
    const { work, calls } = workThatFails(failure("55P03"));
    const options = { budgetMs: 60_000, onRetry: () => {}, signal: AbortSignal.abort() };
    await expect(retryOnLockTimeout(work, options)).rejects.toThrow("failed with 55P03");
    expect(calls()).toBe(1);
  });

  it("cuts a pause short when it is aborted", async () => {
    const controller = new AbortController();
    const { work, calls } = workThatFails(failure("55P03"), failure("42P07"));
    const options = { budgetMs: 60_000, onRetry: () => controller.abort(), signal: controller.signal };
    await expect(retryOnLockTimeout(work, options)).rejects.toThrow("failed with 42P07");
    expect(calls()).toBe(2);
  });

  it("pauses longer from attempt to attempt, within its jitter", async () => {
    const pauses: number[] = [];
    const { work } = workThatFails(failure("55P03"), failure("55P03"));
    await retryOnLockTimeout(work, { budgetMs: 60_000, onRetry: (_, pauseMs) => pauses.push(pauseMs) });
    const limits = [400, 640];
    for (const [index, limit] of limits.entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(limit * 0.5);
      expect(pauses[index]).toBeLessThanOrEqual(limit * 1.5);
    }
  });
});
