import { describe, expect, it } from "vitest";
import { assignWaves, defaultWaves, parseWaves, refuseUnknown } from "./waves.ts";

const targets = (count: number, wave: string | null = null) =>
  Array.from({ length: count }, (_, index) => ({ id: `${wave ?? "any"}_${index}`, wave }));
const sizes = (list: readonly { id: string; wave: string | null }[], waves: string) =>
  assignWaves(list, parseWaves(waves)).map(({ name, targets: own }) => `${name} ${own.length}`);

describe("parseWaves", () => {
  it.each([
    ["canary,5%", /must end with 100%/],
    ["canary", /must end with 100%/],
    ["10%,5%,100%", /its shares must grow/],
    ["10%,10%,100%", /more than once/],
    ["0%,100%", /"0%"/],
    ["101%", /"101%"/],
    ["", /""/],
    ["canary,,100%", /""/],
    ["a b,100%", /"a b"/],
  ])("refuses %s", (text, message) => {
    expect(() => parseWaves(text)).toThrow(message);
  });
});

describe("assignWaves", () => {
  it.each([
    [200, defaultWaves, ["canary 1", "1% 1", "10% 18", "100% 180"]],
    [10_000, defaultWaves, ["canary 1", "1% 99", "10% 900", "100% 9000"]],
    [25, defaultWaves, ["canary 1", "10% 2", "100% 22"]],
    [1, defaultWaves, ["canary 1"]],
    [3, "canary,2,100%", ["canary 1", "2 1", "100% 1"]],
    [4, "100%", ["100% 4"]],
    [0, defaultWaves, []],
  ])("puts %s targets into %s", (count, waves, expected) => {
    expect(sizes(targets(count), waves)).toEqual(expected);
  });

  it("gives a named wave those who ask for it, before their share", () => {
    const list = [...targets(6), ...targets(3, "eu"), ...targets(1, "canary")];
    expect(sizes(list, "canary,eu,50%,100%")).toEqual(["canary 1", "eu 3", "50% 1", "100% 5"]);
    expect(sizes(list, "100%")).toEqual(["100% 10"]);
    expect(() => refuseUnknown(list, parseWaves("us,100%"))).toThrow(/"us"/);
    expect(() => refuseUnknown(targets(2), parseWaves("canary,100%"))).not.toThrow();
  });

  it("has what something stands in the way of at the end", () => {
    const list = targets(20).map((one, index) => ({ ...one, isDoubtful: index % 2 === 0 }));
    const order = assignWaves(list, parseWaves("canary,50%,100%")).flatMap((wave) => wave.targets);
    expect(order.map(({ isDoubtful }) => isDoubtful)).toEqual([...Array(10).fill(false), ...Array(10).fill(true)]);
  });

  it("has each target in one wave, and the same for the same list in another order", () => {
    const list = targets(500);
    const waves = assignWaves(list, parseWaves(defaultWaves));
    expect(waves.flatMap(({ targets: own }) => own.map(({ id }) => id)).toSorted()).toEqual(
      list.map(({ id }) => id).toSorted(),
    );
    expect(assignWaves(list.toReversed(), parseWaves(defaultWaves))).toEqual(waves);
  });
});
