import { expect, it } from "vitest";
import { runCampaign } from "../src/campaign.ts";

it("brings runs that are cut off at random moments to the same rows, schema and ledger", async () => {
  // While Node clears up after a command's last word, a signal ends it by the signal: the nightly run shows it.
  const { counts, divergences, lines } = await runCampaign({ seed: 9, cuts: 10, signals: false });
  expect(divergences, lines.join("\n")).toEqual([]);
  expect(counts["cuts"]).toBeGreaterThanOrEqual(10);
}, 600_000);
