import { obey, tellLies } from "./act.ts";
import type { Ending } from "./command.ts";
import { findHalfDone, firstLine, type ProblemDocument, readDocument } from "./judge.ts";
import type { Log } from "./log.ts";
import { look, tell, type View } from "./look.ts";
import { byHand } from "./mend.ts";
import { addSql, type Direction } from "./migration.ts";
import { positionOf } from "./reference.ts";
import { compare, takeSnapshot } from "./snapshot.ts";
import type { Stage } from "./stage.ts";

/** Continues as a user would until the database is at the head, or empty; undefined where that failed. */
export async function finish(stage: Stage, log: Log, before: View, direction: Direction): Promise<View | undefined> {
  const words = [direction, ...(direction === "down" ? ["--all"] : []), "--json"];
  let view = before;
  for (let attempt = 0; attempt < 6; attempt++) {
    const ending = await obey(stage, log, words);
    if (ending.code === 0) return await confirm(stage, log, view, direction, { words, ending });
    if (ending.code !== 3) {
      log.diverge("recovery", `${words.join(" ")} ends with ${ending.code}: ${firstLine(ending.stderr)}`);
      return undefined;
    }
    const next = await followRefusal(stage, log, view, { direction, words, ending });
    if (!next) return undefined;
    view = next;
  }
  log.diverge("recovery", `six times ${words.join(" ")} did not come to an end`);
  return undefined;
}

interface Refusal {
  readonly direction: Direction;
  readonly words: readonly string[];
  readonly ending: Ending;
}

/** Checks that after exit code 0 everything is done, even if the server crashes at once. */
async function confirm(
  stage: Stage,
  log: Log,
  { standing }: View,
  direction: Direction,
  { words, ending }: { readonly words: readonly string[]; readonly ending: Ending },
): Promise<View> {
  const { random, server, history, observer, database } = stage;
  const crash = random.chance(0.35);
  if (crash) {
    await server.crash();
    log.count("crashes after an exit code of 0");
    log.say("the server crashes at once");
  }
  const view = await look(stage, log, standing, { direction, crashed: false });
  const end = direction === "up" ? history.length : 0;
  if (view.ledger.length !== end)
    log.diverge(
      crash ? "lost" : "ledger",
      `${words.join(" ")} ended with 0, and ${view.ledger.length} of ${history.length} are in the ledger`,
    );
  tellLies(log, words, ending, view.ledger);
  if (view.half) log.diverge("status", `${words.join(" ")} ended with 0, and ${view.half.message}`);
  if (!view.settled && view.ledger.length === end) {
    const [trace] = view.standing.traces;
    tell(log, compare(await takeSnapshot(observer, database), await stage.reference.after(trace ?? [])));
  }
  return { ...view, standing: { ...view.standing, floor: view.standing.traces[0]?.length ?? 0 } };
}

/** Does what a refusal asks for: finishes the half-done step in its own direction, or settles it by name. */
async function followRefusal(stage: Stage, log: Log, view: View, refusal: Refusal): Promise<View | undefined> {
  log.count("refusals followed");
  const half = findHalfDone(readDocument(refusal.ending.stdout)?.problems ?? []) ?? view.half;
  if (!half) {
    log.diverge(
      "recovery",
      `${refusal.words.join(" ")} refuses and nothing is half done: ${firstLine(refusal.ending.stderr)}`,
    );
    return undefined;
  }
  const migration = stage.history.find(({ name }) => name === half.migration);
  const direction = migration && view.ledger.includes(migration.name) ? "down" : "up";
  if (direction !== refusal.direction) {
    const ending = await obey(stage, log, [direction, "--steps", "1", "--json"]);
    if (ending.code === 0) return await look(stage, log, view.standing, { direction, crashed: false });
  }
  if (migration?.unresumable) return await repair(stage, log, view, { half, direction });
  log.diverge("recovery", `${half.message}, and ${direction} does not finish it`);
  return undefined;
}

/** Repairs by hand what only the user can know, and reports the result with `repair`. */
async function repair(
  stage: Stage,
  log: Log,
  view: View,
  { half, direction }: { readonly half: ProblemDocument; readonly direction: Direction },
): Promise<View | undefined> {
  const [trace = []] = view.standing.traces;
  const position = positionOf(trace);
  const index = direction === "up" ? position : position - 1;
  const { statements = [], lines = [] } = stage.history[index]?.[direction] ?? {};
  const computes = statements.some((sql, place) => lines[place] !== addSql(sql));
  const states = ["applied", "reverted", ...(computes ? [] : statements.slice(1).map((_, place) => String(place + 1)))];
  const state = stage.random.pick(states);
  const ended = state === (direction === "up" ? "applied" : "reverted");
  await byHand(stage, await stage.reference.after(ended ? [...trace, { direction, index }] : trace));
  for (const sql of statements.slice(0, Number(state) || 0)) await stage.observer.ask(stage.database, sql);
  const ending = await obey(stage, log, ["repair", half.migration ?? "", "--as", state, "--json"]);
  if (ending.code !== 0) {
    log.diverge("recovery", `repair ends with ${ending.code}: ${firstLine(ending.stderr)}`);
    return undefined;
  }
  log.count("repairs by name");
  return await look(stage, log, { ...view.standing, traces: [trace] }, { direction, crashed: false });
}
