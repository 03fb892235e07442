import type { CompatReport, CompatStep, StoredFinding } from "@thedata/migrator/internal";
import { align } from "./align.ts";
import { escapeMarkdown } from "./markdown.ts";
import type { Output } from "./output.ts";

const colours = { breaks: "red", wrong: "red", unknown: "yellow", depends: "yellow", works: "green" } as const;

/** The matrix of releases and migrations for a terminal, and what stands against them. */
export function describeCompat(output: Output, found: CompatReport): string[] {
  const header = ["", ...found.releases.map(titleOf)];
  const rows = found.steps.map(({ migration, verdicts }) => [migration, ...verdicts.map(({ verdict }) => verdict)]);
  const [title = "", ...lines] = align([header, ...rows]);
  return [
    output.paint("bold", title),
    ...lines.map((line, index) => paintVerdicts(output, line, found.steps[index]?.migration ?? "")),
    ...found.steps.flatMap((step) => describeStep(output, step, found)),
    ...found.pairs.flatMap(({ writer, reader, findings }) => [
      "",
      `${reader} beside ${writer}:`,
      ...findings.map((finding) => `  ${describeFinding(output, finding)}`),
    ]),
    "",
    ...conclude(output, found),
  ];
}

function titleOf({ name, working, supported }: CompatReport["releases"][number]): string {
  return `${shortName(name)}${working ? " (as it is)" : supported ? "" : " (not supported)"}`;
}

const shortName = (name: string) => name.replace(/^@[^/]+\//, "");

function paintVerdicts(output: Output, line: string, migration: string): string {
  const rest = line.slice(migration.length);
  const painted = rest
    .split(/(\s+)/)
    .map((word) => (word in colours ? output.paint(colours[word as keyof typeof colours], word) : word));
  return migration + painted.join("");
}

/** What a migration brought to releases that were made before it. */
function describeStep(
  output: Output,
  { migration, verdicts }: CompatStep,
  { releases, steps }: CompatReport,
): string[] {
  const names = steps.map((step) => step.migration);
  const blocks = verdicts.flatMap(({ findings }, index) => {
    const release = releases[index];
    const isOlder = release !== undefined && names.indexOf(migration) > names.indexOf(release.head);
    return isOlder && findings.length > 0
      ? [`  ${release.name}:`, ...findings.map((finding) => `    ${describeFinding(output, finding)}`)]
      : [];
  });
  return blocks.length === 0 ? [] : ["", `${migration}:`, ...blocks];
}

function describeFinding(output: Output, { verdict, operation, message, sqlState, attested }: StoredFinding): string {
  const code = sqlState === null ? "" : ` (${sqlState})`;
  const reason = attested === undefined ? "" : `; accepted: ${attested}`;
  return `${output.paint(colours[verdict], verdict)} ${operation}: ${message}${code}${reason}`;
}

function conclude(output: Output, { outcome, steps, needless }: CompatReport): string[] {
  const ends = steps.flatMap(({ migration, ends }) =>
    ends.map((name) => `${migration} ends ${name}: "migrator up" holds it back until that release is retired.`),
  );
  const unused = needless.map(
    ({ migration, subject, reason }) =>
      `${migration} tolerates ${subject} (${reason}), which nothing needs: remove the comment.`,
  );
  const all =
    outcome === "ok"
      ? [output.paint("green", "Every supported release works.")]
      : [
          output.paint("red", "Not every supported release works, or nobody can tell."),
          `Who knows better of what is unknown or depends says so in a comment of the migration; "migrator check" gives its text.`,
        ];
  return [...new Set(ends), ...unused, ...all];
}

/** The matrix for a comment on a pull request. */
export function toMarkdown({ releases, steps, pairs, outcome }: CompatReport): string[] {
  const signs = { breaks: "✗ breaks", wrong: "✗ wrong", unknown: "? unknown", depends: "? depends", works: "✓" };
  const row = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
  return [
    `### Releases: ${outcome === "ok" ? "every supported one works" : "not every supported one works"}`,
    "",
    row(["", ...releases.map(titleOf)]),
    `|${" --- |".repeat(releases.length + 1)}`,
    ...steps.map(({ migration, verdicts }) => row([migration, ...verdicts.map(({ verdict }) => signs[verdict])])),
    ...pairs.flatMap(({ writer, reader, findings }) => [
      "",
      `**${escapeMarkdown(reader)} beside ${escapeMarkdown(writer)}**`,
      "",
      ...findings.map(({ message }) => `- ${escapeMarkdown(message)}`),
    ]),
  ];
}
