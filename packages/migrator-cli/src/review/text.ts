import type { Review, ReviewedMigration, ReviewFinding } from "@thedata/migrator/internal";
import type { Output } from "../output.ts";
import {
  cut,
  describeBasis,
  describeHeld,
  describeLoss,
  describeMeasure,
  describeRelations,
  describeRelease,
  describeVerified,
  describeWaited,
  describeWay,
  levels,
} from "./words.ts";

const colors = { safe: "green", caution: "yellow", danger: "red", broken: "red" } as const;
const severities = { error: "red", warning: "yellow", note: "cyan" } as const;

/** A review for a terminal. */
export function describeReview(output: Output, review: Review): string[] {
  const { level, verdict, migrations } = review;
  return [
    output.paint(colors[level], `${levels[level].word}.`) + ` ${verdict}`,
    output.paint("dim", describeBasis(review)),
    ...migrations.flatMap((migration) => describeMigration(output, migration)),
  ];
}

function describeMigration(output: Output, migration: ReviewedMigration): string[] {
  const { name, changes, statements, findings, held, waited, error, verified, wayBack, releases } = migration;
  const way = describeWay(migration);
  return [
    "",
    output.paint("bold", name) + (way.length > 0 ? output.paint("dim", `  ${way.join("; ")}`) : ""),
    ...(error === null ? [] : [`  ${output.paint("red", "fails")}: ${error}`]),
    ...changes.map(({ does, text }) => `  ${does} ${text}`),
    ...statements.flatMap((statement) => [
      output.paint("dim", `  > ${oneLine(statement.sql)}`),
      `    ${[...describeRelations(statement), describeMeasure(statement)].join("; ")}`,
      ...statement.findings.flatMap((finding) => describeFinding(output, finding)),
    ]),
    ...findings.flatMap((finding) => describeFinding(output, finding)),
    ...held.map((one) => `  holds ${describeHeld(one)}`),
    ...waited.map((one) => `  ${describeWaited(one)}`),
    ...releases.map((one) => `  release ${describeRelease(one)}`),
    `  verified: ${describeVerified(verified)}`,
    ...verified.faults.map(({ code, message }) => `    ${output.paint("red", code)}: ${message}`),
    ...verified.notes.map(({ code, message }) => `    ${output.paint("yellow", code)}: ${message}`),
    ...(verified.losses.length > 0
      ? [`  down loses what came after: ${verified.losses.map(describeLoss).join(", ")}`]
      : []),
    ...("never" in wayBack
      ? [`  no way back: ${wayBack.never}`]
      : ["  the way back:", ...wayBack.statements.map((sql) => `    ${oneLine(sql)}`)]),
  ];
}

const oneLine = (sql: string) => cut(sql.trim().replaceAll(/\s+/g, " "), 100);

function describeFinding(output: Output, { severity, rule, message, hint }: ReviewFinding): string[] {
  return [
    `    ${output.paint(severities[severity], severity)}  ${rule}: ${message}`,
    ...(hint === null ? [] : [`      → ${hint}`]),
  ];
}
