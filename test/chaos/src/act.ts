import { setTimeout as sleep } from "node:timers/promises";
import { type Ending, run, start, type Started } from "./command.ts";
import { type Cut, cutOff, isCrash, pickCut } from "./cut.ts";
import { findFaults, findLies, firstLine, readDocument } from "./judge.ts";
import type { Log } from "./log.ts";
import type { Direction } from "./migration.ts";
import { pickMoment, type Way } from "./moment.ts";
import type { Stage } from "./stage.ts";

/** A command line and the positions from which and to which it moves. */
export interface Order extends Way {
  readonly words: readonly string[];
  /** Its target depends on where it begins. */
  readonly relative: boolean;
}

/** The result of an order that was cut off, or ended before the cut. */
export interface Outcome {
  readonly endings: readonly Ending[];
  readonly cut: Cut | undefined;
  readonly crashed: boolean;
  /** Two equal commands ran at once. */
  readonly twin: boolean;
}

/** Chooses a command for a direction. */
export function pickOrder({ random, history }: Stage, direction: Direction, from: number): Order {
  const json = random.chance(0.7) ? ["--json"] : random.chance(0.3) ? ["--log-format", "json"] : [];
  const order = (to: number, ...words: string[]): Order => {
    const relative = words.includes("--steps") || (direction === "down" && words.length === 0);
    return { direction, from, to, words: [direction, ...words, ...json], relative };
  };
  const nameAt = (position: number) => history[position - 1]?.name ?? "";
  if (direction === "up") {
    const to = random.int(Math.min(from + 1, history.length), history.length);
    if (to === 0 || from === history.length || random.chance(0.5)) return order(history.length);
    return random.chance(0.5) ? order(to, "--to", nameAt(to)) : order(to, "--steps", String(to - from));
  }
  const to = random.int(0, Math.max(from - 1, 0));
  if (from === 0 || random.chance(0.3)) return order(0, "--all");
  if (to === from - 1 || to === 0) return order(from - 1);
  return random.chance(0.5) ? order(to, "--to", nameAt(to)) : order(to, "--steps", String(from - to));
}

/** Starts a command, sometimes two equal ones, and cuts one off at a random moment. */
export async function disturb(stage: Stage, log: Log, order: Order): Promise<Outcome> {
  const { random, project, server, observer, database } = stage;
  const cut = pickCut(stage);
  const moment = pickMoment(stage, order);
  const twin = random.chance(0.15);
  const releaseFirst = random.chance(0.3);
  const dsn = server.dsn(database);
  const started = [start(project, dsn, order.words)];
  if (twin) {
    await sleep(random.int(0, 300));
    started.push(start(project, dsn, order.words));
  }
  const victim = random.pick(started);
  let signalled: number | undefined;
  let early = false;
  const inTime = await moment.reached(victim);
  if (inTime) {
    signalled = performance.now() - victim.since;
    if (releaseFirst) await moment.release();
    early = !(await hasBegun(stage, victim, started));
    await cutOff(stage, cut, victim);
  }
  // While it is held, a process may be unable to end on request.
  await Promise.race([Promise.all(started.map(({ ended }) => ended)), sleep(cut === "kill" ? 0 : 500)]);
  await moment.release();
  const endings = await Promise.all(started.map(async ({ ended }) => await ended));
  if (cut === "crash" || cut === "killSession") await observer.ask("postgres", "select 1");
  log.count(inTime ? "cuts" : "cuts that came too late");
  if (inTime) log.count(cut);
  if (early && endings.some(({ signal }) => signal === "SIGINT" || signal === "SIGTERM"))
    log.count("ended by a signal while Node started");
  for (const [index, ending] of endings.entries()) {
    const hit = inTime && started[index] === victim;
    const treatment = { killed: hit && cut === "kill", early: hit && early, twice: hit && cut === "interruptTwice" };
    for (const fault of findFaults(ending, { ...treatment, json: order.words.includes("--json") }))
      log.diverge("exit code", `${order.words.join(" ")}, ${inTime ? cut : "not cut"} ${moment.text}: ${fault}`);
  }
  log.say(
    `${twin ? "2 × " : ""}${order.words.join(" ")} (${order.from} to ${order.to}): ${inTime ? `${cut} ${moment.text} (${Math.round(signalled ?? 0)} ms)` : `over before ${cut} ${moment.text}`} → ${endings.map(describe).join(" and ")}`,
  );
  return { endings, cut: inTime ? cut : undefined, crashed: inTime && isCrash(cut), twin };
}

/** Whether a run has connected or written output: before that, Node may still be starting and handles no signal. */
async function hasBegun({ observer, database }: Stage, one: Started, all: readonly Started[]): Promise<boolean> {
  const others = all.filter((other) => other !== one && !other.ending());
  return one.hasSpoken() || (await observer.findSessions(database)).length > others.length;
}

/** Runs a command undisturbed. */
export async function obey(stage: Stage, log: Log, words: readonly string[]): Promise<Ending> {
  const ending = await run(stage.project, stage.server.dsn(stage.database), words);
  const treatment = { json: words.includes("--json"), killed: false, early: false, twice: false };
  for (const fault of findFaults(ending, treatment)) log.diverge("exit code", `${words.join(" ")}: ${fault}`);
  log.say(`${words.join(" ")} → ${describe(ending)}`);
  return ending;
}

/** Compares a run's own report with the ledger. */
export function tellLies(log: Log, words: readonly string[], ending: Ending, ledger: readonly string[]): void {
  const document = words.includes("--json") ? readDocument(ending.stdout) : undefined;
  if (document)
    for (const lie of findLies(ending, document, ledger)) log.diverge("exit code", `${words.join(" ")}: ${lie}`);
}

function describe({ code, signal, stderr, stdout }: Ending): string {
  if (code === 0) return "0";
  const message = firstLine(stderr) || (readDocument(stdout)?.error?.message ?? "");
  return `${code ?? signal}${message ? ` (${message.slice(0, 200)})` : ""}`;
}
