import type { Direction } from "../report.ts";
import { escapeIdentifier, escapeLiteral } from "pg";
import { auditInsert } from "../ledger/audit.ts";
import type { Context } from "../execute/context.ts";
import { ConfigurationError, RefusedError } from "../errors.ts";
import { enumerate } from "../execute/failure.ts";
import { isOutside } from "../execute/statement-kinds.ts";
import { toUnits, type Unit } from "../execute/units.ts";
import { escapeControls } from "../escape-controls.ts";
import { openHistory } from "../history/history.ts";
import { inline } from "../postgres/parameterized.ts";
import { ledgerDelete, ledgerInsert } from "../ledger/ledger.ts";
import { undoOf } from "../history/undo-of.ts";
import { digestUpdate } from "../ledger/undo-digester.ts";
import { isLeftBlank, leftBlank } from "../history/left-blank.ts";
import { type LoadedMigration, scriptOf } from "../history/load.ts";
import { ledgerStatements } from "../ledger/prepare-ledger.ts";
import { progressDelete, progressUpserts } from "../ledger/progress.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import { terminate } from "../postgres/terminate.ts";
import { type LedgerTable, progressTable, qualified, lockName } from "../ledger/tables.ts";

export interface ScriptOptions {
  /** The migration that the database is at; none: an empty database, or with `down` the head. */
  readonly from?: string | undefined;
  /** The migration to go to; none: the head, or with `down` an empty schema. */
  readonly to?: string | undefined;
  readonly down?: boolean | undefined;
}

/**
 * Renders the SQL that `up` or `down` would send, with its ledger rows, for `psql -v ON_ERROR_STOP=1`, without a
 * database. It takes the runners' lock and refuses what is applied already. In place of a computed migration it raises
 * an exception that says so, and an event reports it.
 */
export async function renderScript(context: Context, options: ScriptOptions = {}): Promise<string> {
  const history = await openHistory(context.migrations, context.openCache());
  const names = history.folder.files.map(({ name }) => name);
  const direction: Direction = options.down ? "down" : "up";
  const migrations = await Promise.all(select(names, options).map((name) => history.load(name)));
  history.keep();
  const blank = migrations.find((migration) => isLeftBlank(migration, direction));
  if (blank) throw new RefusedError(`${blank.name} ${leftBlank(direction)}.`);
  for (const migration of migrations)
    if (scriptOf(migration, direction).computed) context.onEvent({ type: "computed", name: migration.name });
  const parts = [
    head(context, direction, migrations),
    ...(context.schema === undefined ? [] : [`set search_path = ${escapeIdentifier(context.schema)}, public;`]),
    lock(context.ledger),
    // What is there already is no news: psql would print a notice for each.
    "set client_min_messages = warning;",
    ...ledgerStatements(context.ledger).map(terminate),
    "reset client_min_messages;",
    refuseHalfDone(context.ledger),
  ];
  const rendered = migrations.map((migration, index) => render(context, migration, direction, migrations[index - 1]));
  return [...parts, ...rendered].join("\n\n") + "\n";
}

function select(names: readonly string[], { from, to, down }: ScriptOptions): string[] {
  const [start, stop] = [from, to].map((target) =>
    target === undefined ? undefined : names.indexOf(resolveTarget(target, names)),
  );
  const [low, high] = down
    ? [(stop ?? -1) + 1, (start ?? names.length - 1) + 1]
    : [(start ?? -1) + 1, (stop ?? names.length - 1) + 1];
  if (low > high)
    throw new ConfigurationError(`--from ${from} and --to ${to} are in the wrong order for ${down ? "down" : "up"}`);
  const chosen = names.slice(low, high);
  return down ? chosen.toReversed() : chosen;
}

function head({ toolVersion }: Context, direction: Direction, migrations: readonly LoadedMigration[]): string {
  const names = migrations.map(({ name }) => `--   ${escapeControls(name)}`);
  return [`-- migrator ${toolVersion}: ${direction}, for psql -v ON_ERROR_STOP=1`, ...names].join("\n");
}

function lock(ledger: LedgerTable): string {
  return raiseIf(
    `not pg_try_advisory_lock(hashtextextended(${escapeLiteral(lockName(ledger))}, 0))`,
    "another runner holds the lock",
  );
}

/** `before` is the one that the script runs before this one. */
function render(
  context: Context,
  migration: LoadedMigration,
  direction: Direction,
  before: LoadedMigration | undefined,
): string {
  const script = scriptOf(migration, direction);
  const record = recording(context, migration, direction).map(terminate);
  const guard = guardOf(context.ledger, migration, direction, before);
  const title = `-- ${escapeControls(migration.name)}`;
  if (script.computed) return [title, guard, refusal(migration)].join("\n");
  if (migration.transactional)
    return [title, "begin;", guard, ...script.statements.map(terminate), ...record, "commit;"].join("\n");
  const forget = terminate(inline(progressDelete(migration.name, context.ledger)));
  const body = toUnits(migration.name, enumerate(script.statements)).map((unit) =>
    renderUnit(context, migration, direction, unit),
  );
  return [title, guard, ...body, "begin;", ...record, forget, "commit;"].join("\n");
}

/** Renders a unit with its progress rows, so that `up` or `down` resumes where psql stopped. */
function renderUnit(context: Context, { name: migration }: LoadedMigration, direction: Direction, unit: Unit): string {
  const note = (state: "attempted" | "done") => {
    const entry = { migration, direction, statements: unit.all, total: unit.all[0].total, state };
    return progressUpserts(entry, { host: null, runId: null, toolVersion: context.toolVersion }, context.ledger)
      .map(inline)
      .map(terminate);
  };
  const statements = unit.statements.map(({ sql }) => terminate(sql));
  const alone = unit.all.length === 1 && unit.begin === "begin" && isOutside(unit.all[0].sql);
  if (alone) return [...note("attempted"), ...statements, ...note("done")].join("\n");
  return [terminate(unit.begin), ...statements, ...note("done"), "commit;"].join("\n");
}

function refuseHalfDone(ledger: LedgerTable): string {
  return raiseIf(
    `exists (select from ${qualified(progressTable(ledger))})`,
    'a migration is half done: see "migrator status"',
  );
}

function refusal({ name }: LoadedMigration): string {
  return raiseIf("true", `${name} computes its SQL at run time: apply it with "migrator up"`);
}

/** Without `ON_ERROR_STOP` psql goes on behind an error: each migration looks for the lock and its predecessor itself. */
function guardOf(
  ledger: LedgerTable,
  { name }: LoadedMigration,
  direction: Direction,
  before: LoadedMigration | undefined,
): string {
  const recorded = (one: string) => `exists (select from ${qualified(ledger)} where name = ${escapeLiteral(one)})`;
  const key = `hashtextextended(${escapeLiteral(lockName(ledger))}, 0)`;
  const held = `exists (select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and objsubid = 1 and (classid::bigint << 32 | objid::bigint) = ${key})`;
  const not = direction === "up" ? "not " : "";
  return [
    raiseIf(`not ${held}`, "this session does not hold the lock"),
    ...(before ? [raiseIf(`${not}${recorded(before.name)}`, `${before.name} before it has not run`)] : []),
    direction === "up"
      ? raiseIf(recorded(name), `${name} is applied already`)
      : raiseIf(`not ${recorded(name)}`, `${name} is not applied`),
  ].join("\n");
}

function raiseIf(condition: string, message: string): string {
  const body = ` begin if ${condition} then raise exception '%', ${escapeLiteral(message)}; end if; end `;
  let tag = "$migrator$";
  while (body.includes(tag)) tag = `$m${tag.slice(1)}`;
  return `do ${tag}${body}${tag};`;
}

/** The statements that record a migration. Only the server knows its position, so that it computes the digest itself. */
function recording({ ledger, toolVersion }: Context, migration: LoadedMigration, direction: Direction): string[] {
  const { name, checksum } = migration;
  const actor = { host: null, toolVersion, runId: null };
  if (direction === "down")
    return [
      inline(ledgerDelete(name, ledger)),
      inline(auditInsert({ action: "reverted", migration: name, checksum }, actor, ledger)),
    ];
  const undo = undoOf(migration);
  const entry = { name, checksum, durationMs: null, appliedFrom: null, toolVersion, runId: null, undo };
  return [
    inline(ledgerInsert(entry, ledger)),
    ...(undo ? [inline(digestUpdate({ name, checksum, undo }, ledger))] : []),
    inline(
      auditInsert({ action: "applied", migration: name, checksum, undoDigest: undo && "recorded" }, actor, ledger),
    ),
  ];
}
