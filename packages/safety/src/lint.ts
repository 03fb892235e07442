import { locateStatements } from "@thedata/catalog/sql";
import type { Action } from "./parse/actions.ts";
import { effectsOf } from "./effects/effects.ts";
import type { Finding, Hit, Severity } from "./finding.ts";
import type { LintedMigration } from "./linted-migration.ts";
import { isNoop } from "./noop.ts";
import { opaqueActions } from "./parse/opaque.ts";
import { actionsOf } from "./parse/read-actions.ts";
import type { At, Rule } from "./rule.ts";
import { rules } from "./rules/index.ts";
import { Run } from "./run.ts";
import { apply } from "./schema/apply.ts";
import { Schema } from "./schema/schema.ts";
import type { Settings } from "./settings.ts";
import { parseStatements, type Statement } from "./parse/statement.ts";
import { type Statistics, weigh } from "./statistics.ts";
import { suppress } from "./suppress.ts";

export interface LintOptions {
  /** The schema before the first migration; it is changed. Unless given, nothing is known of the database. */
  readonly state?: Schema;
  readonly settings?: Settings;
  /** Severities by rule; `off` silences one, and an opt-in rule is on once it is named. */
  readonly rules?: Readonly<Record<string, Severity | "off">> | undefined;
  /** Switches all rules of style on. */
  readonly style?: boolean;
  /** How large and how busy the tables are. Unless given, each is taken for a large one. */
  readonly statistics?: Statistics | undefined;
}

/** What `migrator up` sets, on a server that nobody named. */
export const runnerSettings: Settings = { lockTimeoutMs: 3000, statementTimeoutMs: 0, timeZone: undefined, server: 18 };

/**
 * Finds what migrations, run one after another, would do to a live database. A comment `lint: allow RULE because …`
 * above a statement silences a rule there. `loadParser` must have been awaited.
 */
export function lint(migrations: readonly LintedMigration[], options: LintOptions = {}): Finding[] {
  const schema = options.state ?? new Schema(false);
  return migrations.flatMap((migration) => {
    const { findings, lines } = lintOne(migration, schema, options);
    return suppress(migration, lines, findings);
  });
}

/** Changes `schema` as migrations change the database, and looks at nothing. Gives false where some of it is opaque. */
export function replay(
  migrations: readonly Pick<LintedMigration, "statements" | "computed">[],
  schema: Schema,
): boolean {
  let isPlain = true;
  for (const { statements, computed } of migrations) {
    if (computed) isPlain = false;
    for (const { node } of parseStatements(statements.filter(mayChangeSchema))) {
      const actions = actionsOf(node);
      if (!node || actions.some((action) => action.do === "do")) isPlain = false;
      for (const action of actions) apply(action, schema, 0);
    }
  }
  return isPlain;
}

/** False for one command that changes rows alone: most of a history's time would go into reading them. */
function mayChangeSchema(sql: string): boolean {
  return !/^\s*(insert\s+into|update|delete\s+from)\s[^;]*;?\s*$/i.test(sql);
}

function lintOne(
  migration: LintedMigration,
  schema: Schema,
  options: LintOptions,
): { findings: Finding[]; lines: (number | null)[] } {
  const run = new Run(migration.transactional, options.settings ?? runnerSettings, migration.batched);
  const chosen = chooseRules(options);
  const lineOf = createLineOf(migration);
  const found: { finding: Finding; index: number }[] = [];
  const statements = parseStatements(migration.statements);
  const report = (rule: Pick<Rule, "name" | "severity">, hit: Hit, statement: Statement | undefined) => {
    const severity = options.rules?.[rule.name] ?? rule.severity;
    if (severity === "off") return;
    const place = { statement: statement?.sql ?? null, line: statement ? lineOf(statement) : null };
    const finding = { ...hit, rule: rule.name, severity, migration: migration.name, ...place };
    const index = statement ? statements.indexOf(statement) : Infinity;
    found.push({ finding: weigh(finding, options.statistics), index });
  };
  for (const [index, statement] of statements.entries()) {
    const isBesideOthers = [index - 1, index + 1].some((beside) => statements[beside]?.part === statement.part);
    run.isTogether = !migration.transactional && isBesideOthers;
    if (statement.error !== undefined)
      report(syntaxError, { message: `PostgreSQL's parser refuses this: ${statement.error}` }, statement);
    const look = (action: Action) => {
      if (isNoop(action, schema)) return run.note({ action, statement, effects: [] }, schema);
      const effects = effectsOf(action, schema, run.settings);
      const at: At = { action, statement, schema, effects, run };
      for (const rule of chosen) for (const hit of rule.find?.(at) ?? []) report(rule, hit, statement);
      run.note({ action, statement, effects }, schema);
      apply(action, schema, run.transaction);
    };
    for (const action of opaqueActions(actionsOf(statement.node))) look(action);
    run.isTogether &&= statements[index + 1]?.part === statement.part;
    run.end();
  }
  if (migration.computed) report(opaque, computedHit, undefined);
  for (const rule of chosen)
    for (const { statement, ...hit } of rule.finish?.({ schema, run, actions: run.done }) ?? [])
      report(rule, hit, statement);
  // A rule that looks at the whole migration finds last what may be about its first statement.
  const ordered = found.toSorted((a, b) => (a.index === b.index ? 0 : a.index - b.index));
  return { findings: ordered.map(({ finding }) => finding), lines: statements.map(lineOf) };
}

const syntaxError = { name: "syntax-error", severity: "error" } as const;
const opaque = { name: "opaque-sql", severity: "warning" } as const;
const computedHit: Hit = {
  message: "its code computes statements while it runs, and nobody can see them beforehand",
  hint: "plain statements",
  unknown: true,
};

/** Gives the line of each command, for commands that the file has as they are sent. */
function createLineOf({ statements, source }: LintedMigration): (statement: Statement) => number | null {
  const located = locateStatements(source, statements);
  return ({ part, offset }) => located[part]?.((statements[part] ?? "").slice(0, offset)) ?? null;
}

function chooseRules({ rules: configured = {}, style = false }: LintOptions): Rule[] {
  return rules.filter(({ name, optional }) => {
    if (configured[name] !== undefined) return configured[name] !== "off";
    return !optional || style;
  });
}
