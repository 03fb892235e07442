import type { Level, ReviewedMigration, ReviewFinding } from "./review.ts";

/** The verdict on a change, in one sentence, and how bad it is. */
export function judgeReview(migrations: readonly ReviewedMigration[]): {
  readonly level: Level;
  readonly verdict: string;
} {
  const broken = migrations.flatMap(({ name, error, verified: { faults } }) => [
    ...(error === null ? [] : [`${name} fails: ${error}`]),
    ...faults.map(({ message }) => `${name}: ${message}`),
  ]);
  const [first] = broken;
  if (first !== undefined)
    return { level: "broken", verdict: `Do not merge this: ${first}${more(broken.length - 1, "fault")}` };
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
  return { level: "safe", verdict: `Safe to apply: ${describeSafety(migrations)}` };
}

/** `, and 2 more errors.`; a full stop alone where there is none more. */
function more(count: number, noun: string): string {
  return count === 0 ? "." : `, and ${count} more ${noun}${count === 1 ? "" : "s"}.`;
}

function describeSafety(migrations: readonly ReviewedMigration[]): string {
  const held = migrations.flatMap((migration) => migration.held);
  const never = migrations.filter(({ wayBack }) => "never" in wayBack).length;
  const waiting =
    held.length === 0
      ? "nobody waits for a lock"
      : `locks are held for moments (${[...new Set(held.map(({ relation }) => relation))].join(", ")})`;
  const back =
    never === 0 ? "each migration comes back" : `${never} of ${migrations.length} cannot be reverted, and says why`;
  return `${waiting}, no row is lost, and ${back}.`;
}
