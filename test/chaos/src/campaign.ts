import { mkdir, mkdtemp, rm, chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDatabase, dropDatabase } from "@thedata/dev-postgres";
import { run } from "./command.ts";
import { generateHistory } from "./history.ts";
import { createLog, type Log } from "./log.ts";
import type { Migration } from "./migration.ts";
import { createObserver, type Observer } from "./observer.ts";
import { makeProject, type Project } from "./project.ts";
import { createRandom } from "./random.ts";
import { createReference, moves, type Reference } from "./reference.ts";
import { playRound } from "./round.ts";
import { type Server, startServer } from "./server.ts";
import { compare, takeSnapshot } from "./snapshot.ts";
import type { Timing } from "./stage.ts";
import { tell } from "./look.ts";

export interface CampaignOptions {
  /** The number of the first history; each further history has the next number. */
  readonly seed: number;
  /** Plays only this round, this many times. */
  readonly only?: { readonly round: number; readonly times: number } | undefined;
  /** Ends after this many cuts. */
  readonly cuts: number;
  /** The number of rounds per history. */
  readonly rounds?: number;
  readonly print?: (line: string) => void;
}

/** The result of a campaign. */
export interface Result {
  readonly counts: Readonly<Record<string, number>>;
  readonly rounds: number;
  /** Each begins with the seed that repeats it. */
  readonly divergences: readonly string[];
  /** All log lines. */
  readonly lines: readonly string[];
}

/** Plays rounds over generated histories, on its own server, until enough cuts were made. */
export async function runCampaign(options: CampaignOptions): Promise<Result> {
  const { seed, only, cuts, rounds = 8, print = () => {} } = options;
  const folder = await mkdtemp(path.join(tmpdir(), "chaos-"));
  // PostgreSQL's account must reach its data.
  await chmod(folder, 0o755);
  const server = await startServer(folder);
  const observer = createObserver(server);
  const logs: Log[] = [];
  const total = (name: string) => logs.reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0);
  try {
    for (let number = seed; logs.length === 0 || (!only && total("cuts") < cuts); number++) {
      const scene = await setScene(folder, server, observer, number, print);
      logs.push(scene.log);
      const list = only
        ? Array.from({ length: only.times }, () => only.round)
        : Array.from({ length: rounds }, (_, index) => index);
      for (const round of scene.log.divergences.length > 0 ? [] : list) {
        logs.push(await playOne(scene, round, print));
        if (!only && total("cuts") >= cuts) break;
      }
      await scene.close();
    }
  } finally {
    await observer.release();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
  const names = [...new Set(logs.flatMap(({ counts }) => Object.keys(counts)))];
  return {
    counts: Object.fromEntries(names.map((name) => [name, total(name)])),
    rounds: logs.length,
    lines: logs.flatMap(({ seed, lines }) => lines.map((text) => `${seed}  ${text}`)),
    divergences: logs.flatMap(({ seed, divergences }) => divergences.map((text) => `${seed}  ${text}`)),
  };
}

/** A history with its project, and the databases from which rounds begin. */
interface Scene {
  readonly seed: string;
  readonly log: Log;
  readonly server: Server;
  readonly observer: Observer;
  readonly reference: Reference;
  readonly history: readonly Migration[];
  readonly project: Project;
  readonly timing: Timing;
  /** The starting points of rounds: a database to copy, or none, and the number of migrations applied there. */
  readonly beginnings: readonly { readonly template: string | undefined; readonly position: number }[];
  close(): Promise<void>;
}

async function setScene(
  folder: string,
  server: Server,
  observer: Observer,
  number: number,
  print: (line: string) => void,
): Promise<Scene> {
  const seed = String(number);
  const log = createLog(seed, print);
  const random = createRandom(`scene ${seed}`);
  const history = generateHistory(seed);
  const home = path.join(folder, `project-${seed}`);
  await mkdir(home);
  const project = await makeProject(home, history, random.chance(0.5) ? "ts" : "js");
  const reference = createReference(server, observer, history);
  const middle = random.int(3, history.length - 2);
  const names = { middle: `middle_${seed}`, head: `head_${seed}`, bottom: `bottom_${seed}` };
  const copy = async (name: string, template?: string) => await makeDatabase(server, observer, name, template);
  const time = async (name: string, ...words: string[]) => {
    const since = performance.now();
    const { code, stderr } = await run(project, server.dsn(name), words);
    if (code !== 0) log.diverge("exit code", `undisturbed, ${words.join(" ")} ends with ${code}: ${stderr}`);
    return performance.now() - since;
  };
  const expect = async (name: string, ...way: readonly number[]) => {
    const trace = way.flatMap((to, index) => moves(way[index - 1] ?? 0, to));
    await observer.untilAlone(name);
    tell(log, compare(await takeSnapshot(observer, name), await reference.after(trace)));
  };
  await copy(names.middle);
  const first = await time(names.middle, "up", "--steps", String(middle));
  await expect(names.middle, middle);
  await copy(names.head, names.middle);
  const second = await time(names.head, "up");
  await expect(names.head, history.length);
  const startMs = await time(names.head, "status");
  await copy(names.bottom, names.head);
  const downMs = await time(names.bottom, "down", "--all");
  await expect(names.bottom, history.length, 0);
  const timing = { startMs, upMs: first + second - startMs, downMs };
  log.say(
    `${history.length} migrations: ${history.map(({ kind }) => kind).join(", ")}; undisturbed up ${Math.round(timing.upMs)} ms, down ${Math.round(downMs)} ms, a start ${Math.round(startMs)} ms`,
  );
  return {
    seed,
    log,
    server,
    observer,
    reference,
    history,
    project,
    timing,
    beginnings: [
      { template: undefined, position: 0 },
      { template: names.middle, position: middle },
      { template: names.head, position: history.length },
    ],
    async close() {
      await reference.close();
      for (const name of Object.values(names)) await drop(server, observer, name);
    },
  };
}

async function playOne(scene: Scene, round: number, print: (line: string) => void): Promise<Log> {
  const { server, observer } = scene;
  const seed = `${scene.seed}/${round}`;
  const log = createLog(seed, print);
  const random = createRandom(`round ${seed}`);
  const { template, position } = random.pick(scene.beginnings);
  const database = `round_${scene.seed}_${round}`;
  await makeDatabase(server, observer, database, template);
  const trace = moves(0, position);
  try {
    await playRound({ ...scene, database, random }, log, trace, position);
  } catch (error) {
    log.diverge("recovery", `the harness does not go on: ${error instanceof Error ? error.stack : String(error)}`);
  }
  if (log.divergences.length === 0) log.say("converges");
  await drop(server, observer, database);
  return log;
}

async function makeDatabase(server: Server, observer: Observer, name: string, template?: string): Promise<void> {
  if (template === undefined) return void (await createDatabase(server.dsn("postgres"), { name }));
  await observer.release(template);
  await createDatabase(server.dsn("postgres"), { name, template });
  // Without a checkpoint, PostgreSQL gives a copied sequence's numbers twice after a crash: it assumes that the next 32
  // numbers of the copied page are logged, but they are logged only for the original.
  await observer.ask("postgres", "checkpoint");
}

async function drop(server: Server, observer: Observer, database: string): Promise<void> {
  await observer.release(database);
  await dropDatabase(server.dsn("postgres"), server.dsn(database));
}
