import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { ask, createWorld, names, type World, type WorldOptions } from "./world.ts";

export interface FleetCampaign extends WorldOptions {
  readonly workers: number;
  /** How many workers are killed. */
  readonly kills: number;
  /** How often the control database is crashed, and one of the servers. */
  readonly controlCrashes: number;
  readonly serverCrashes: number;
  readonly print: (line: string) => void;
}

export interface FleetResult {
  readonly faults: readonly string[];
  readonly kills: number;
  readonly crashes: number;
  readonly seconds: number;
}

/**
 * Lets workers bring all databases to the head while they are killed, and the servers crash; then looks into every
 * database, by queries of its own, whether each migration ran once.
 */
export async function runFleetCampaign(options: FleetCampaign): Promise<FleetResult> {
  const world = await createWorld(options);
  const workers = new Workers(world, options.workers);
  const began = Date.now();
  try {
    await expectCode(world, 0, "init");
    await expectCode(world, 0, "up", "--detach", "--waves", "canary,10%,100%", "--max-failed", "0");
    const counts = await disturb(world, workers, options);
    const faults = await settle(world, options.print);
    const seconds = Math.round((Date.now() - began) / 1000);
    return { ...counts, seconds, faults: [...faults, ...(await judge(world))] };
  } finally {
    workers.end();
    await world.stop();
  }
}

/** Workers that are there again as soon as they are gone. */
class Workers {
  readonly #world: World;
  readonly #running = new Set<ChildProcess>();
  #ended = false;

  constructor(world: World, count: number) {
    this.#world = world;
    for (let worker = 0; worker < count; worker++) this.#start();
  }

  #start(): void {
    const child = this.#world.start("work");
    this.#running.add(child);
    child.stdout?.resume();
    child.stderr?.resume();
    child.once("exit", () => {
      this.#running.delete(child);
      // As an orchestrator does, and not at once where it cannot start.
      if (!this.#ended) setTimeout(() => this.#ended || this.#start(), 200);
    });
  }

  /** True where there was one. */
  killOne(): boolean {
    const running = [...this.#running];
    return running[Math.floor(Math.random() * running.length)]?.kill("SIGKILL") === true;
  }

  end(): void {
    this.#ended = true;
    for (const child of this.#running) child.kill("SIGKILL");
  }
}

async function disturb(
  world: World,
  workers: Workers,
  { kills, controlCrashes, serverCrashes, print }: FleetCampaign,
): Promise<{ readonly kills: number; readonly crashes: number }> {
  const crashes = new Map<number, () => Promise<void>>();
  for (let one = 1; one <= controlCrashes; one++)
    crashes.set(Math.round((kills * one) / (controlCrashes + 1)), async () => await world.control.crash());
  for (let one = 1; one <= serverCrashes; one++)
    crashes.set(
      Math.round((kills * (2 * one - 1)) / (2 * serverCrashes + 3)) + 1,
      async () => await world.servers[one % 2]?.crash(),
    );
  let done = 0;
  while (done < kills && !(await isOver(world))) {
    await sleep(300 + Math.random() * 1500);
    if (!workers.killOne()) continue;
    done++;
    await crashes.get(done)?.();
    if (done % 20 === 0) print(`${done} workers killed: ${JSON.stringify(await readStates(world))}`);
  }
  return { kills: done, crashes: [...crashes.keys()].filter((at) => at < done).length };
}

async function readStates({ control }: World): Promise<Record<string, number>> {
  const rows = await ask<{ state: string; n: number }>(
    control.dsn("control"),
    "select state, count(*)::int as n from fleet.target group by 1",
  );
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
}

async function isOver({ control }: World): Promise<boolean> {
  const [run] = await ask<{ state: string }>(control.dsn("control"), "select state from fleet.run");
  return ["done", "failed", "stopped"].includes(run?.state ?? "");
}

const patienceMs = 600_000;

async function settle(world: World, print: (line: string) => void): Promise<string[]> {
  const deadline = Date.now() + patienceMs;
  for (let told = 0; !(await isOver(world)); told++) {
    if (Date.now() > deadline) return [`the run is not over: ${JSON.stringify(await readStates(world))}`];
    if (told % 40 === 0) print(`undisturbed now: ${JSON.stringify(await readStates(world))}`);
    await sleep(500);
  }
  const { code, stdout } = await finish(world.start("status", "--exit-code"));
  return code === 0 ? [] : [`fleet status gives ${code}: ${stdout}`];
}

async function expectCode(world: World, expected: number, ...words: string[]): Promise<void> {
  const { code, stdout, stderr } = await finish(world.start(...words));
  if (code !== expected) throw new Error(`fleet ${words.join(" ")} gives ${code}: ${stdout}${stderr}`);
}

async function finish(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const texts = { stdout: "", stderr: "" };
  child.stdout?.on("data", (text) => (texts.stdout += String(text)));
  child.stderr?.on("data", (text) => (texts.stderr += String(text)));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, ...texts };
}

/** What is wrong in the databases: ledger, marks, rows and index are looked at by themselves. */
async function judge({ databases }: World): Promise<string[]> {
  const faults: string[] = [];
  for (const [name, dsn] of databases) {
    const [found] = await ask<{ ledger: string[]; marks: string[]; items: number; valid: boolean; half: number }>(
      dsn(),
      `select (select array_agg(name::text order by id) from mikro_orm_migrations) as ledger,
              (select array_agg(name order by name) from marks) as marks,
              (select count(*)::int from items) as items,
              (select bool_and(indisvalid) from pg_index where indrelid = 'items'::regclass and not indisprimary) as valid,
              (select count(*)::int from mikro_orm_migrations_progress) as half`,
    );
    const expected = { ledger: names, marks: ["1_items", "3_fill"], items: 100, valid: true, half: 0 };
    if (JSON.stringify(found) !== JSON.stringify(expected)) faults.push(`${name}: ${JSON.stringify(found)}`);
  }
  return faults;
}
