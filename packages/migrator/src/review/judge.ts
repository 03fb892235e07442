import type { Level, ReviewedMigration, ReviewedRelease, ReviewFinding } from "./review.ts";

/** The verdict on a change, in one sentence, and how bad it is. */
export function judgeReview(migrations: readonly ReviewedMigration[]): {
  readonly level: Level;
  readonly verdict: string;
} {
  const broken = migrations.flatMap(({ name, error, verified: { faults, up } }) => [
    ...(error === null ? [] : [`${name} fails: ${error}`]),
    ...faults.map(({ message }) => `${name}: ${message}`),
    ...(up === "notRun" && error === null ? [`${name} was not run, because one before it fails`] : []),
  ]);
  const [first] = broken;
  if (first !== undefined)
    return {
      level: "broken",
      verdict: `Do not merge this: ${first.replace(/\.$/, "")}${more(broken.length - 1, "fault")}`,
    };
  const findings = migrations.flatMap((migration) => [
    ...migration.findings,
    ...migration.statements.flatMap((statement) => statement.findings),
  ]);
  const [errors, warnings] = (["error", "warning"] as const).map((level) =>
    findings.filter(({ severity }) => severity === level),
  ) as [ReviewFinding[], ReviewFinding[]];
  if (errors[0])
    return { level: "danger", verdict: `Not safe as it is: ${errors[0].message}${more(errors.length - 1, "error")}` };
  if (warnings[0])
    return {
      level: "caution",
      verdict: `Look at this first: ${warnings[0].message}${more(warnings.length - 1, "warning")}`,
    };
  const open = migrations.flatMap(({ name, releases }) =>
    releases.flatMap((release) => describeRelease(name, release)),
  );
  if (open[0] !== undefined) return { level: "caution", verdict: `${open[0]}${more(open.length - 1, "such release")}` };
  const lost = migrations.flatMap(({ changes }) => changes.filter(holdsRows).map(({ text }) => text));
  if (lost[0] !== undefined)
    return {
      level: "caution",
      verdict: `It removes ${lost[0]} and what is in it${more(lost.length - 1, "such change")}`,
    };
  return { level: "safe", verdict: `Safe to apply: ${describeSafety(migrations)}.` };
}

/** What a migration means to a release that it does not leave working. */
function describeRelease(migration: string, { name, verdict, findings }: ReviewedRelease): string[] {
  if (verdict === "works") return [];
  const why = findings[0] === undefined ? "" : `: ${findings[0]}`;
  return verdict === "breaks" || verdict === "wrong"
    ? [`${migration} ends ${name}, and waits until that is retired${why}`]
    : [`Nobody can tell whether ${name} works after ${migration}${why}`];
}

/** True where rows or values go: the linter may have been told that they may. */
function holdsRows({ does, text }: ReviewedMigration["changes"][number]): boolean {
  return does === "removes" && /^(table|column|schema) /.test(text);
}

/** `, and 2 more errors.`; a full stop alone where there is none more. */
function more(count: number, noun: string): string {
  return count === 0 ? "." : `, and ${count} more ${noun}${count === 1 ? "" : "s"}.`;
}

function describeSafety(migrations: readonly ReviewedMigration[]): string {
  return `${describeWaiting(migrations)}, ${describeWayBack(migrations)}`;
}

function describeWaiting(migrations: readonly ReviewedMigration[]): string {
  const held = migrations.flatMap((migration) => migration.held);
  if (held.length === 0) return "nobody waits for a lock";
  const names = [...new Set(held.map(({ relation }) => relation.replace(/^public\./, "")))].join(", ");
  const seconds = Math.max(...held.map(({ forecastSeconds, heldMs }) => forecastSeconds ?? heldMs / 1000));
  const time = seconds < 1 ? "less than a second" : `about ${Math.ceil(seconds)} s`;
  return `${names} ${held.length === 1 ? "is" : "are"} locked for ${time}`;
}

function describeWayBack(migrations: readonly ReviewedMigration[]): string {
  const never = migrations.filter(({ wayBack }) => "never" in wayBack).length;
  const proved = migrations.filter(({ verified: { down, again } }) => down === "ok" && again === "ok").length;
  if (never > 0) return `and ${never} of ${migrations.length} cannot be reverted`;
  return proved === migrations.length
    ? "and each migration was seen to come back"
    : `and ${proved} of ${migrations.length} were seen to come back`;
}
