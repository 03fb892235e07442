import { describe, expect, it } from "vitest";
import { ConfigurationError, UnknownMigrationError } from "../errors.ts";
import { planDown, planUp } from "./plan.ts";

const named = (...names: string[]) => names.map((name) => ({ name }));
const history = named("M1000_one", "M2000_two", "M3000_three", "M4000_four");

describe("planUp", () => {
  it.each([
    { what: "everything on an empty database", applied: [], target: {}, steps: history.map(({ name }) => name) },
    { what: "what is pending", applied: ["M1000_one"], target: {}, steps: ["M2000_two", "M3000_three", "M4000_four"] },
    {
      what: "up to and with the target",
      applied: ["M1000_one"],
      target: { to: "three" },
      steps: ["M2000_two", "M3000_three"],
    },
    {
      what: "nothing when the target is applied",
      applied: ["M1000_one", "M2000_two"],
      target: { to: "M1000_one" },
      steps: [],
    },
    { what: "so many steps", applied: [], target: { steps: 2 }, steps: ["M1000_one", "M2000_two"] },
    {
      what: "no more steps than there are",
      applied: ["M1000_one"],
      target: { steps: 9 },
      steps: ["M2000_two", "M3000_three", "M4000_four"],
    },
    {
      what: "the nearer of target and steps",
      applied: [],
      target: { to: "M3000_three", steps: 1 },
      steps: ["M1000_one"],
    },
    {
      what: "gaps in the order of the history",
      applied: ["M3000_three"],
      target: {},
      steps: ["M1000_one", "M2000_two", "M4000_four"],
    },
    { what: "nothing when all is applied", applied: history.map(({ name }) => name), target: {}, steps: [] },
  ])("plans $what", ({ applied, target, steps }) => {
    expect(planUp(history, named(...applied), target)).toEqual({ direction: "up", steps });
  });

  it("refuses an unknown target instead of applying everything", () => {
    expect(() => planUp(history, [], { to: "five" })).toThrow(UnknownMigrationError);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s steps", (steps) => {
    expect(() => planUp(history, [], { steps })).toThrow(ConfigurationError);
  });
});

describe("planDown", () => {
  const applied = named("M1000_one", "M2000_two", "M3000_three");

  it.each([
    { what: "one migration unless told", target: {}, steps: ["M3000_three"] },
    { what: "so many steps, newest first", target: { steps: 2 }, steps: ["M3000_three", "M2000_two"] },
    { what: "no more steps than there are", target: { steps: 9 }, steps: ["M3000_three", "M2000_two", "M1000_one"] },
    { what: "everything after the target", target: { to: "one" }, steps: ["M3000_three", "M2000_two"] },
    { what: "nothing when the target is the head", target: { to: "M3000_three" }, steps: [] },
    { what: "all", target: { all: true }, steps: ["M3000_three", "M2000_two", "M1000_one"] },
  ])("plans $what", ({ target, steps }) => {
    expect(planDown(history, applied, target)).toEqual({ direction: "down", steps });
  });

  it("follows the order of application, not that of the names", () => {
    expect(planDown(history, named("M2000_two", "M1000_one"), {}).steps).toEqual(["M1000_one"]);
  });

  it("takes a target that only the database knows", () => {
    expect(planDown(history, [...named("M0500_gone"), ...applied], { to: "gone" }).steps).toHaveLength(3);
  });

  it("refuses an unknown target instead of reverting everything", () => {
    expect(() => planDown(history, applied, { to: "five" })).toThrow(UnknownMigrationError);
  });

  it("refuses a target that is not applied", () => {
    expect(() => planDown(history, applied, { to: "four" })).toThrow(/M4000_four is not applied/);
  });

  it("refuses no steps at all", () => {
    expect(() => planDown(history, applied, { steps: 0 })).toThrow(ConfigurationError);
  });

  it("plans nothing on an empty database", () => {
    expect(planDown(history, [], {}).steps).toEqual([]);
  });
});
