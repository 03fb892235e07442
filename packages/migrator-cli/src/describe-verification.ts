import type { Loss, Verdict, Verification } from "@thedata/migrator/internal";
import { align } from "./align.ts";
import { count, milliseconds } from "./describe-run.ts";
import { escapeMarkdown } from "./markdown.ts";
import type { Output } from "./output.ts";

const marks = { ok: "✔", failed: "✖", notRun: "·" } as const;
const heads = ["migration", "up", "down", "up again", "rows", "took", "result"] as const;

/** Describes a verification for people: a table, and below it the faults, notes and losses of each migration. */
export function describeVerification(output: Output, { migrations }: Verification): string[] {
  const [head = "", ...lines] = align([heads, ...migrations.map(toRow)]);
  const color = ({ faults, up }: Verdict) => (faults.length > 0 ? "red" : up === "notRun" ? "dim" : "green");
  return [
    output.paint("bold", head),
    ...lines.map((line, index) => paintResult(output, line, color(migrations[index] as Verdict))),
    ...migrations.flatMap((migration) => describeVerdict(output, migration)),
  ];
}

function toRow(verdict: Verdict): string[] {
  const { name, up, down, again, rows, durationMs } = verdict;
  return [name, marks[up], marks[down], marks[again], String(rows), milliseconds(durationMs), resultOf(verdict)];
}

function resultOf({ faults, notes, up }: Verdict): string {
  if (faults.length > 0) return count(faults.length, "fault");
  if (notes.some(({ code }) => code === "irreversible")) return "sound, irreversible";
  return up === "notRun" ? "not verified" : "sound";
}

function paintResult(output: Output, line: string, color: "red" | "green" | "dim"): string {
  const at = line.lastIndexOf("  ") + 2;
  return line.slice(0, at) + output.paint(color, line.slice(at));
}

function describeVerdict(output: Output, { name, faults, notes, losses }: Verdict): string[] {
  if (faults.length + notes.length + losses.length === 0) return [];
  return [
    "",
    output.paint("bold", name),
    ...faults.map(({ code, message }) => `  ${output.paint("red", `✖ ${code}`)}: ${message}`),
    ...notes.map(({ code, message }) => `  ${output.paint("yellow", `• ${code}`)}: ${message}`),
    ...(losses.length > 0 ? [output.paint("dim", `  down loses data added after up: ${listLosses(losses)}`)] : []),
  ];
}

function listLosses(losses: readonly Loss[]): string {
  return losses.map(describeLoss).join(", ");
}

function describeLoss({ table, column, rows, of }: Loss): string {
  return `${column === null ? table : `${table}.${column}`} (${rows === of ? count(rows, "row") : `${rows} of ${count(of, "row")}`})`;
}

/** Describes a verification in Markdown, for a comment on a pull request. */
export function toMarkdown({ outcome, migrations }: Verification): string[] {
  const faults = migrations.flatMap((migration) => migration.faults);
  const title = outcome === "ok" ? `${count(migrations.length, "migration")} verified` : count(faults.length, "fault");
  return [
    `### ${outcome === "ok" ? "✅" : "❌"} migrator verify: ${title}`,
    "",
    toMarkdownRow(heads),
    toMarkdownRow(heads.map(() => "---")),
    ...migrations.map((migration) => toMarkdownRow(toRow(migration).map(escapeMarkdown))),
    ...migrations.flatMap(toMarkdownSection),
  ];
}

function toMarkdownRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function toMarkdownSection({ name, faults, notes, losses }: Verdict): string[] {
  const said = [
    ...faults.map(({ code, message }) => `- ❌ **${code}**: ${escapeMarkdown(message)}`),
    ...notes.map(({ code, message }) => `- **${code}**: ${escapeMarkdown(message)}`),
    ...(losses.length > 0 ? [`- \`down\` loses data added after \`up\`: ${escapeMarkdown(listLosses(losses))}`] : []),
  ];
  return said.length === 0 ? [] : ["", `**${escapeMarkdown(name)}**`, "", ...said];
}
