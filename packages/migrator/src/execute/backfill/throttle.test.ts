import { expect, it } from "vitest";
import { judge, limits } from "./throttle.ts";

const calm = { lagMs: 0, lagBytes: 0, slot: null, slotBytes: 0 };

it.each([
  ["a standby is behind in time", { lagMs: limits.lagMs + 1 }, 0, "a standby is 10 s behind"],
  ["a standby is behind in bytes", { lagBytes: limits.lagBytes * 2 }, 0, "a standby is 512 MB behind"],
  ["a slot keeps WAL", { slot: "gone", slotBytes: limits.lagBytes * 2 }, 0, "the replication slot gone keeps 512 MB"],
  ["the server writes much", {}, limits.walBytesPerSecond * 2, "the server writes 256 MB of WAL a second"],
])("waits where %s", (_, load, rate, reason) => {
  expect(judge({ ...calm, ...load }, rate)).toContain(reason);
});

it("does not wait up to the limits", () => {
  const most = { lagMs: limits.lagMs, lagBytes: limits.lagBytes, slot: "s", slotBytes: limits.lagBytes };
  expect(judge(most, limits.walBytesPerSecond)).toBeUndefined();
});
