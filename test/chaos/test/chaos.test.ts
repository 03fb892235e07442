import { expect, it } from "vitest";
import { runCampaign } from "../src/campaign.ts";

it("brings runs that are cut off at random moments to the same rows, schema and ledger", async () => {
  const { counts, divergences, lines } = await runCampaign({ seed: 14, cuts: 10 });
  expect(divergences, lines.join("\n")).toEqual([]);
  expect(counts["cuts"]).toBeGreaterThanOrEqual(10);
}, 600_000);
