import type { Finding } from "./finding.ts";
import type { LintedMigration } from "./linted-migration.ts";
import { rules } from "./rules/index.ts";

/** A comment that allows rules at the statement behind it. */
interface Allowance {
  readonly rules: readonly string[];
  readonly reason: string;
  /** From 1. */
  readonly line: number;
}

const comment = /(?:\/\/|--|\*)\s*lint:\s*allow\s+([a-z0-9, -]+?)(?:\s+because\s+(\S.*?))?\s*(?:\*\/)?\s*$/;

function readAllowances(source: string): Allowance[] {
  return source.split("\n").flatMap((text, index) => {
    const [, names = "", reason = ""] = comment.exec(text) ?? [];
    return names === "" ? [] : [{ rules: names.split(/[ ,]+/).filter(Boolean), reason, line: index + 1 }];
  });
}

/**
 * Takes away the findings that a comment allows with a reason at the statement behind it, and adds those about the
 * comments themselves: without a reason, with an unknown rule, or with nothing to allow.
 */
export function suppress(
  { name, source }: LintedMigration,
  lines: readonly (number | null)[],
  findings: readonly Finding[],
): Finding[] {
  const allowances = readAllowances(source);
  const used = new Set<string>();
  const kept = findings.filter((finding) => {
    const allowance = allowances.find(
      (one) => one.reason !== "" && one.rules.includes(finding.rule) && covers(one, finding.line, lines),
    );
    if (allowance) used.add(`${allowance.line} ${finding.rule}`);
    return !allowance;
  });
  return [...kept, ...allowances.flatMap((one) => complain(one, name, used))];
}

/** True where the statement at `line` is the first one that begins at the comment or behind it; also where it has no line. */
function covers({ line: at }: Allowance, line: number | null, lines: readonly (number | null)[]): boolean {
  if (line === null) return true;
  const next = lines.filter((one) => one !== null && one >= at).toSorted((a, b) => (a ?? 0) - (b ?? 0))[0];
  return line === next;
}

const known = new Set([...rules.map(({ name }) => name), "syntax-error"]);

function complain({ rules: names, reason, line }: Allowance, migration: string, used: ReadonlySet<string>): Finding[] {
  const about = (rule: string, message: string, hint: string): Finding => ({
    rule,
    severity: "warning",
    migration,
    statement: null,
    line,
    message,
    hint,
  });
  if (reason === "")
    return [
      about(
        "unexplained-suppression",
        "this comment allows a rule and says no reason, so it is not heeded",
        "lint: allow RULE because REASON",
      ),
    ];
  return names.flatMap((rule) => {
    if (!known.has(rule))
      return [about("unknown-rule", `there is no rule ${rule}`, "`migrator lint --help` tells where the rules are")];
    return used.has(`${line} ${rule}`)
      ? []
      : [
          about(
            "unneeded-suppression",
            `this comment allows ${rule}, which finds nothing here`,
            "take the comment out",
          ),
        ];
  });
}
