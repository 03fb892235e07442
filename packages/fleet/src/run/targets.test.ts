import { expect, it } from "vitest";
import { parseWaves } from "../plan/waves.ts";
import { planWaves } from "./targets.ts";

/** Where the targets of a list are in the waves, for a list whose databases are on this host. */
function placesOn(host: string): string[][] {
  const asked = Array.from({ length: 40 }, (_, index) => ({
    target: {
      id: `tenant_${index}`,
      key: `${host}:5432/tenant_${index}`,
      address: `postgresql://app@${host}/tenant_${index}`,
      schema: null,
      server: `${host}:5432`,
      wave: null,
      labels: {},
      part: null,
      headTarget: "1_a",
    },
    answer: { state: "empty", head: null } as const,
  }));
  return planWaves(asked, parseWaves("canary,10%,100%")).map(({ targets }) => targets.map(({ id }) => id));
}

it("a target is in the same wave after its database has moved to another server", () => {
  expect(placesOn("east").map(({ length }) => length)).toEqual([1, 3, 36]);
  expect(placesOn("west")).toEqual(placesOn("east"));
});
