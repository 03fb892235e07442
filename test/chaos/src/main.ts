import { runCampaign } from "./campaign.ts";

// CHAOS_SEED=4711 starts with that history; CHAOS_SEED=4711/3 plays only its round 3, CHAOS_TIMES times.
const [history, round] = (process.env["CHAOS_SEED"] ?? String(Date.now() % 1_000_000)).split("/").map(Number);
const cuts = Number(process.env["CHAOS_CUTS"] ?? 60);
const times = Number(process.env["CHAOS_TIMES"] ?? 1);

const result = await runCampaign({
  seed: history ?? 1,
  cuts,
  only: round === undefined ? undefined : { round, times },
  print: (line) => console.log(`${(performance.now() / 1000).toFixed(1).padStart(6)}  ${line}`),
});
const counts = Object.entries(result.counts).map(([name, count]) => `${count} ${name}`);
console.log(`\n${result.rounds} rounds: ${counts.join(", ")}; ${result.divergences.length} diverging`);
for (const line of result.divergences) console.log(line);
process.exitCode = result.divergences.length > 0 ? 1 : 0;
