import { actionsOf } from "./read-actions.ts";
import { effectsOf } from "./effects/effects.ts";
import type { Hit, Severity } from "./finding.ts";
import { opaqueActions } from "./opaque.ts";
import type { At, Rule } from "./rule.ts";
import { rules } from "./rules/index.ts";
import { Run } from "./run.ts";
import { apply } from "./schema/apply.ts";
import { Schema } from "./schema/schema.ts";
import type { Settings } from "./settings.ts";
import { parseStatements, type Statement } from "./statement.ts";

/** A migration as the linter takes it. */
export interface LintedMigration {
  readonly name: string;
  /** The texts of one direction, as they are sent. */
  readonly statements: readonly string[];
  /** False: each statement is a transaction of its own. */
  readonly transactional: boolean;
  /** The text of its file, for comments that allow a rule. */
  readonly source: string;
}

/** What a rule found. */
export interface Finding extends Hit {
  readonly rule: string;
  readonly severity: Severity;
  readonly migration: string;
  readonly statement: Statement;
}

export interface LintOptions {
  /** The schema before the first migration; it is changed. Unless given, nothing is known of the database. */
  readonly state?: Schema;
  readonly settings?: Settings;
  /** Severities by rule; `off` silences one, and an opt-in rule is on once it is named. */
  readonly rules?: Readonly<Record<string, Severity | "off">>;
  /** Switches all rules of style on. */
  readonly style?: boolean;
}

/** What `migrator up` sets, on a server that nobody named. */
export const runnerSettings: Settings = { lockTimeoutMs: 3000, statementTimeoutMs: 0, timeZone: undefined, server: 18 };

/** Finds what migrations would do to a live database, statement by statement. `loadParser` must have been awaited. */
export function lint(migrations: readonly LintedMigration[], options: LintOptions = {}): Finding[] {
  const schema = options.state ?? new Schema(false);
  return migrations.flatMap((migration) => lintOne(migration, schema, options));
}

function lintOne(migration: LintedMigration, schema: Schema, options: LintOptions): Finding[] {
  const run = new Run(migration.transactional, options.settings ?? runnerSettings);
  const findings: Finding[] = [];
  const chosen = chooseRules(options);
  const report = (rule: Rule, hit: Hit, statement: Statement) =>
    findings.push({
      ...hit,
      rule: rule.name,
      severity: severityOf(rule, hit, options),
      migration: migration.name,
      statement,
    });
  for (const statement of parseStatements(migration.statements)) {
    for (const action of opaqueActions(statement, actionsOf(statement.node))) {
      const effects = effectsOf(action, schema, run.settings);
      const at: At = { action, statement, schema, effects, run };
      for (const rule of chosen) for (const hit of rule.find?.(at) ?? []) report(rule, hit, statement);
      run.note({ action, statement, effects }, schema);
      apply(action, schema, run.transaction);
    }
    run.end();
  }
  for (const rule of chosen)
    for (const { statement, ...hit } of rule.finish?.({ schema, run, actions: run.done }) ?? [])
      report(rule, hit, statement);
  return findings;
}

function chooseRules({ rules: configured = {}, style = false }: LintOptions): Rule[] {
  return rules.filter(({ name, optional }) => {
    if (configured[name] !== undefined) return configured[name] !== "off";
    return !optional || style;
  });
}

function severityOf({ name, severity }: Rule, _hit: Hit, { rules: configured = {} }: LintOptions): Severity {
  const given = configured[name];
  return given && given !== "off" ? given : severity;
}
