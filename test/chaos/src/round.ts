import { disturb, obey, type Order, pickOrder, tellLies } from "./act.ts";
import { readDocument } from "./judge.ts";
import type { Log } from "./log.ts";
import { look, type View } from "./look.ts";
import { makeMistake, spoilData } from "./mistake.ts";
import type { Direction } from "./migration.ts";
import { finish } from "./recover.ts";
import type { Trace } from "./reference.ts";
import type { Stage } from "./stage.ts";

/**
 * Disturbs a database up to three times, in both directions, then brings it to the head or to empty as a user would.
 */
export async function playRound(stage: Stage, log: Log, trace: Trace, position: number): Promise<void> {
  const { random, history } = stage;
  const ledger = history.slice(0, position).map(({ name }) => name);
  let view: View | undefined = {
    ledger,
    half: undefined,
    settled: true,
    standing: { traces: [trace], floor: trace.length },
  };
  for (let left = random.int(1, 3); left > 0; left--) {
    view = (await act(stage, log, view)) ?? view;
    if (log.divergences.length > 0) return;
  }
  const direction = random.chance(0.65) ? "up" : "down";
  view = await finish(stage, log, view, direction);
  if (log.divergences.length === 0 && view && random.chance(0.2))
    await finish(stage, log, view, direction === "up" ? "down" : "up");
}

async function act(stage: Stage, log: Log, view: View): Promise<View | undefined> {
  const { random } = stage;
  const direction = pickDirection(stage, view);
  if (direction === "up" && random.chance(0.1)) return await makeMistake(stage, log, view);
  if (direction === "up" && random.chance(0.1)) return await spoilData(stage, log, view);
  const order = pickOrder(stage, direction, view.ledger.length);
  const again = random.chance(0.25);
  const outcome = await disturb(stage, log, order);
  // Repeated at once, while the server may still run what was killed.
  const second = again ? await disturb(stage, log, order) : undefined;
  const crashed = outcome.crashed || second?.crashed === true;
  const next = await look(stage, log, view.standing, { direction, crashed });
  if (!crashed)
    for (const ending of [outcome, second].flatMap((one) => one?.endings ?? []))
      tellLies(log, order.words, ending, next.ledger);
  if (log.divergences.length > 0) return next;
  const endings = (second ?? outcome).endings;
  const exact = !order.relative || !(outcome.twin || second);
  if (exact && endings.some(({ code }) => code === 0)) return expectEnd(log, order, next);
  return random.chance(0.25) ? await reassure(stage, log, next) : next;
}

function pickDirection({ random, history }: Stage, { ledger, half }: View): Direction {
  if (half && random.chance(0.4)) return ledger.includes(half.migration ?? "") ? "down" : "up";
  if (ledger.length === 0) return "up";
  if (ledger.length === history.length) return "down";
  return random.chance(0.5) ? "up" : "down";
}

/** Checks the database after exit code 0. */
function expectEnd(log: Log, order: Order, view: View): View {
  const { ledger, half, settled, standing } = view;
  const command = order.words.join(" ");
  if (ledger.length !== order.to)
    log.diverge("ledger", `${command} ended with 0 at ${ledger.length}, not at ${order.to}`);
  if (half) log.diverge("status", `${command} ended with 0, and ${half.message}`);
  if (!settled) log.diverge("recovery", `${command} ended with 0, and a step is half done`);
  return { ...view, standing: { ...standing, floor: standing.traces[0]?.length ?? 0 } };
}

/**
 * Runs `up` to the present head, which reports nothing to do: then everything is on disk, even after an earlier kill.
 */
async function reassure(stage: Stage, log: Log, view: View): Promise<View> {
  const head = view.ledger.at(-1);
  if (head === undefined || view.half) return view;
  const ending = await obey(stage, log, ["up", "--to", head, "--json"]);
  if (ending.code !== 0) {
    log.diverge("recovery", `up to the head ends with ${ending.code}: ${readDocument(ending.stdout)?.error?.message}`);
    return view;
  }
  await stage.server.crash();
  log.count("crashes after an exit code of 0");
  log.say("the server crashes at once");
  const next = await look(stage, log, view.standing, { direction: "up", crashed: false });
  if (next.ledger.length !== view.ledger.length)
    log.diverge("lost", `up ended with 0 at ${view.ledger.length}, and ${next.ledger.length} are left`);
  return next;
}
