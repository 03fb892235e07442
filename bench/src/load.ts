import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { findPsql } from "./peers/psql.ts";
import { median, quantile } from "./statistics.ts";

/** Latencies of a workload's statements, in ms. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  readonly statements: number;
}

/** A running pgbench. */
export interface Load {
  /** Ends it after the transactions under way, and reads its log. */
  end(): Promise<readonly Statement[]>;
}

/** A statement of the workload: when it ended, in ms since 1970, and how long it took with its wait for its turn, in ms. */
export interface Statement {
  readonly at: number;
  readonly ms: number;
}

/** Runs pgbench to its end. Throws what it says where it fails. */
export async function pgbench(cwd: string, ...options: string[]): Promise<void> {
  await startPgbench(cwd, options).ended;
}

function startPgbench(cwd: string, options: readonly string[]) {
  const program = path.join(path.dirname(findPsql()), "pgbench");
  const child = spawn(program, options, { cwd, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const wait = async () => {
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new Error(`pgbench ended with ${code}: ${errors}`);
  };
  return { child, ended: wait() };
}

/** Starts pgbench with a log of each statement; `options` say what it runs. */
export function startLoad(cwd: string, ...options: string[]): Load {
  const { child, ended } = startPgbench(cwd, ["--log", "--no-vacuum", "--time=100000", ...options]);
  return {
    end: async () => {
      // What its own timer sends, so that it writes its log to the end.
      child.kill("SIGALRM");
      await ended;
      return await readLog(cwd);
    },
  };
}

/** Reads the logs that pgbench wrote into a folder. */
export async function readLog(directory: string): Promise<Statement[]> {
  const names = (await readdir(directory)).filter((name) => name.startsWith("pgbench_log."));
  const texts = await Promise.all(names.map(async (name) => await readFile(path.join(directory, name), "utf8")));
  return texts.flatMap((text) =>
    Array.from(text.matchAll(/^\d+ \d+ (\d+) \d+ (\d+) (\d+)/gm), ([, us, epoch, micro]) => ({
      at: Number(epoch) * 1000 + Number(micro) / 1000,
      ms: Number(us) / 1000,
    })),
  );
}

/** Sums statements up. */
export function latenciesOf(statements: readonly Statement[]): Latencies {
  const times = statements.map(({ ms }) => ms);
  return {
    p50: median(times),
    p99: quantile(times, 0.99),
    longest: times.reduce((a, b) => Math.max(a, b), 0),
    statements: times.length,
  };
}
