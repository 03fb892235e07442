import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { runFleetCampaign } from "./fleet/campaign.ts";

// FLEET_ROUNDS=3 FLEET_KILLS=100: 200 databases on two servers, four workers, as in the issue.
const rounds = Number(process.env["FLEET_ROUNDS"] ?? 1);
const kills = Number(process.env["FLEET_KILLS"] ?? 100);
const perServer = Number(process.env["FLEET_DATABASES"] ?? 200) / 2;
const print = (line: string) => console.log(`${(performance.now() / 1000).toFixed(1).padStart(6)}  ${line}`);

for (let round = 1; round <= rounds; round++) {
  const folder = await mkdtemp(path.join(tmpdir(), "fleet-chaos-"));
  try {
    const options = {
      perServer,
      heartbeatSeconds: 45,
      limit: 4,
      workers: 4,
      kills,
      controlCrashes: 2,
      serverCrashes: 1,
    };
    const result = await runFleetCampaign({ folder, ...options, print });
    print(
      `round ${round}: ${result.kills} kills, ${result.crashes} crashes, ${result.seconds} s, ${result.faults.length} faults`,
    );
    for (const fault of result.faults) print(fault);
    if (result.kills < kills) print(`only ${result.kills} of ${kills} workers could be killed before the run was over`);
    if (result.faults.length > 0 || result.kills < kills || result.crashes < 3) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
