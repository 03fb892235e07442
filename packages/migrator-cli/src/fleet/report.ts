import type { RunSummary, TargetOfRun } from "@thedata/fleet";
import { align } from "../align.ts";
import { milliseconds } from "../describe-run.ts";
import { escapeHtml } from "../escape-html.ts";
import { escapeMarkdown } from "../markdown.ts";
import type { Output } from "../output.ts";
import { style } from "../review/style.ts";
import { describeCounts, describeSummary } from "./describe.ts";

const columns = [
  "target",
  "server",
  "schema",
  "wave",
  "state",
  "from",
  "to",
  "migrations",
  "took",
  "attempts",
  "reason",
];

function toCells(target: TargetOfRun, { waves }: RunSummary): string[] {
  const { id, server, schema, wave, state, head_before, head_after, steps, ms, attempt, error } = target;
  const name = waves.find(({ no }) => no === wave)?.name ?? String(wave);
  const took = ms === null ? "" : milliseconds(ms);
  const [from, to] = [head_before ?? "", head_after ?? ""];
  return [
    id,
    server,
    schema ?? "",
    name,
    state,
    from,
    to,
    String(steps ?? 0),
    took,
    String(attempt),
    error?.message ?? "",
  ];
}

const titleOf = ({ run, state }: RunSummary) => `Run ${run}: ${state}`;

/** A run's targets, a line each, under its summary. */
export function toTextReport(output: Output, summary: RunSummary, targets: readonly TargetOfRun[]): string[] {
  return [...describeSummary(output, summary), "", ...align([columns, ...targets.map((one) => toCells(one, summary))])];
}

/** A run as a text with tables, for a ticket or a pull request. */
export function toMarkdownReport(summary: RunSummary, targets: readonly TargetOfRun[]): string {
  const row = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
  return [
    `## ${titleOf(summary)}`,
    "",
    `${describeCounts(summary.counts, summary.direction)}. ${describeTimes(summary)}.${summary.note === null ? "" : ` ${summary.note}.`}`,
    "",
    row(columns),
    row(columns.map(() => "---")),
    ...targets.map((one) => row(toCells(one, summary))),
  ].join("\n");
}

/** A run as a page without scripts and requests. */
export function toHtmlReport(summary: RunSummary, targets: readonly TargetOfRun[]): string {
  const level = summary.exitCode === 0 ? "safe" : "danger";
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join("")}</tr>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(titleOf(summary))}</title>
<style>${style}
main { max-width: none; } table { table-layout: auto; } th:nth-child(n), td:nth-child(n) { width: auto; display: table-cell; }
</style>
</head>
<body>
<main>
<header class="verdict ${level}">
<h1>${escapeHtml(titleOf(summary))}</h1>
<p>${escapeHtml(describeCounts(summary.counts, summary.direction))}</p>
</header>
<p class="basis">${escapeHtml(describeTimes(summary))}${summary.note === null ? "" : `. ${escapeHtml(summary.note)}`}.</p>
<h2>Waves</h2>
<table>
${row(["wave", "size", "state", "targets"], "th")}
${summary.waves.map(({ name, size, state, counts }) => row([name, String(size), state, describeCounts(counts, summary.direction)], "td")).join("\n")}
</table>
<h2>Targets</h2>
<table>
${row(columns, "th")}
${targets.map((one) => row(toCells(one, summary), "td")).join("\n")}
</table>
</main>
</body>
</html>
`;
}

function describeTimes({ startedBy, startedAt, finishedAt }: RunSummary): string {
  return `Begun by ${startedBy} at ${startedAt}, ${finishedAt === null ? "under way" : `over at ${finishedAt}`}`;
}
