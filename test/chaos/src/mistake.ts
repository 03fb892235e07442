import { obey } from "./act.ts";
import type { Log } from "./log.ts";
import { look, type View } from "./look.ts";
import { addSql, type Migration } from "./migration.ts";
import type { Stage } from "./stage.ts";

/**
 * Plays a faulty statement in a pending migration, which its author corrects after `up` has failed. Sometimes the
 * author also changes a statement that is done, which must be refused. Undefined where no migration is suitable.
 */
export async function makeMistake(stage: Stage, log: Log, view: View): Promise<View | undefined> {
  const { random, project, history } = stage;
  const fit = history
    .slice(Math.max(view.ledger.length, 1))
    .filter(({ up }) => up.lines.length > 1 && up.statements.every((sql, index) => up.lines[index] === addSql(sql)));
  if (view.half || fit.length === 0) return undefined;
  const migration = random.pick(fit);
  const place = random.int(1, migration.up.lines.length - 1);
  await project.write(withLine(migration, place, "select 1 / 0 as mistake"));
  log.say(`statement ${place + 1} of ${migration.name} is faulty`);
  const ending = await obey(stage, log, ["up", "--json"]);
  log.count("mistakes");
  if (ending.code !== 5) log.diverge("exit code", `a faulty statement ends with ${ending.code}`);
  if (!migration.transactional && random.chance(0.5)) await changeWhatIsDone(stage, log, migration);
  await project.write(migration);
  return await look(stage, log, view.standing, { direction: "up", crashed: false });
}

/**
 * Plays rows that violate a pending migration's constraint until they are corrected. Undefined if no migration is
 * suitable.
 */
export async function spoilData(stage: Stage, log: Log, view: View): Promise<View | undefined> {
  const { random, observer, database, history } = stage;
  const position = view.ledger.length;
  const fit = history.slice(position).filter(({ unique }) => unique && Number(unique.slice(1)) < position);
  if (view.half || fit.length === 0) return undefined;
  const { name, unique = "" } = random.pick(fit);
  const spoil = (from: number, to: number) =>
    `update ${unique} set label = replace(label, 'row ${from}', 'row ${to}') where id = 2`;
  // If an earlier migration has made labels unique, they cannot be spoilt.
  if (!(await observer.peek(database, spoil(2, 1)))) return undefined;
  log.say(`${unique} has a label twice, which ${name} does not allow`);
  const ending = await obey(stage, log, ["up", "--json"]);
  log.count("mistakes");
  if (ending.code !== 5) log.diverge("exit code", `a migration that its rows do not allow ends with ${ending.code}`);
  await observer.ask(database, spoil(1, 2));
  return await look(stage, log, view.standing, { direction: "up", crashed: false });
}

async function changeWhatIsDone(stage: Stage, log: Log, migration: Migration): Promise<void> {
  await stage.project.write(withLine(migration, 0, "update counters set n = n + 1000"));
  log.say(`statement 1 of ${migration.name}, which is done, is changed`);
  const ending = await obey(stage, log, ["up", "--json"]);
  if (ending.code !== 3) log.diverge("recovery", `a change of what is done ends with ${ending.code} where 3 is right`);
}

function withLine(migration: Migration, place: number, statement: string): Migration {
  const { lines, statements } = migration.up;
  return { ...migration, up: { lines: lines.with(place, addSql(statement)), statements } };
}
