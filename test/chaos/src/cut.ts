import { setTimeout as sleep } from "node:timers/promises";
import type { Started } from "./command.ts";
import type { Stage } from "./stage.ts";

/** How a run is cut off. */
export type Cut = keyof typeof cuts;

const cuts = {
  async kill(_: Stage, started: Started) {
    started.child.kill("SIGKILL");
  },
  async terminate(_: Stage, started: Started) {
    started.child.kill("SIGTERM");
  },
  async interrupt(_: Stage, started: Started) {
    started.child.kill("SIGINT");
  },
  async interruptTwice({ random }: Stage, started: Started) {
    started.child.kill("SIGINT");
    await sleep(random.int(0, 150));
    started.child.kill("SIGINT");
  },
  async endSession({ observer, database }: Stage, started: Started) {
    for (const pid of await sessionsOf({ observer, database }, started))
      await observer.ask("postgres", "select pg_terminate_backend($1)", [pid]);
  },
  async crash({ server }: Stage) {
    await server.crash();
  },
  async killSession({ observer, server, database }: Stage, started: Started) {
    const [pid] = await sessionsOf({ observer, database }, started);
    if (pid === undefined) return;
    const witness = await observer.open("postgres");
    const lost = new Promise((resolve) => witness.once("end", resolve));
    // Wait until the server has noticed: until then it seems to work.
    if (server.killProcess(pid)) await Promise.race([lost, sleep(10_000)]);
    await witness.end().catch(() => {});
  },
};

/** Chooses a way to cut a run off. */
export function pickCut({ random }: Stage): Cut {
  return random.weighted<Cut>({
    kill: 6,
    terminate: 3,
    interrupt: 3,
    interruptTwice: 2,
    endSession: 4,
    crash: 2,
    killSession: 2,
  });
}

/** Cuts a run off. */
export async function cutOff(stage: Stage, cut: Cut, started: Started): Promise<void> {
  await cuts[cut](stage, started);
}

/** Whether the server loses what is not yet on disk. */
export function isCrash(cut: Cut): boolean {
  return cut === "crash" || cut === "killSession";
}

/** The process ids of a run's sessions, as soon as there are any; none when the run has ended. */
async function sessionsOf(
  { observer, database }: Pick<Stage, "observer" | "database">,
  started: Started,
): Promise<number[]> {
  for (; !started.ending(); await sleep(4)) {
    const sessions = await observer.findSessions(database);
    if (sessions.length > 0) return sessions.map(({ pid }) => pid);
  }
  return [];
}
