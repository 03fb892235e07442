import { expect, it } from "vitest";
import { emptyDatabase, folderOf, migration, run } from "./support.ts";

const atExit = "process.on('exit',()=>process.stderr.write(`peak ${process.resourceUsage().maxRSS} KiB`))";

/** The peak memory of an `up` of `size` migrations on an empty database, in MiB. */
async function peakOf(size: number): Promise<number> {
  const names = Array.from({ length: size }, (_, index) => `Migration${20_240_101_000_000 + index}_a`);
  const folder = await folderOf(
    Object.fromEntries(names.map((name, index) => [`${name}.ts`, migration(name, `select ${index}`, "select 1")])),
  );
  const { dsn } = await emptyDatabase();
  const { code, stderr } = await run(["up", "--dsn", dsn, "--migrations", folder, "--quiet"], {
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(atExit)}`, MIGRATOR_CACHE: "off" },
  });
  expect(code).toBe(0);
  return Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024;
}

it("needs little more memory for thousands of migrations than for ten", { timeout: 300_000 }, async () => {
  const [few, many] = [await peakOf(10), await peakOf(6000)];
  console.log(`peak of 10 migrations ${few.toFixed(0)} MiB, of 6000 ${many.toFixed(0)} MiB`);
  expect(many - few).toBeLessThan(60);
});
