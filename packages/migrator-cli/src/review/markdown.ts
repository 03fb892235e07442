import type { Review, ReviewedMigration, ReviewedStatement, ReviewFinding } from "@thedata/migrator/internal";
import { count } from "../describe-run.ts";
import { escapeMarkdown, fence } from "../markdown.ts";
import { type Detail, fit, some } from "./fit.ts";
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

/** The first line of the comment, by which CI finds it again. */
export const marker = "<!-- migrator review -->";
/** GitHub refuses a comment of more than 65,536 characters. */
const longest = 60_000;

/** A review as a comment on a pull request: the verdict first, at most 60,000 characters. */
export function toMarkdown(review: Review): string {
  return fit(review, render, (text) => text.length <= longest);
}

function render(review: Review, detail: Detail): string {
  const { level, verdict, migrations, picture } = review;
  const left = migrations.length - detail.migrations;
  return [
    marker,
    `## ${levels[level].mark} ${levels[level].word}`,
    "",
    escapeMarkdown(cut(verdict, 2000)),
    "",
    `<sub>${escapeMarkdown(describeBasis(review))}</sub>`,
    ...(picture && detail.picture ? ["", "```mermaid", picture.mermaid.trimEnd(), "```"] : []),
    ...migrations.slice(0, detail.migrations).flatMap((migration) => renderMigration(migration, detail)),
    ...(left > 0 ? ["", `… and ${count(left, "more migration")}`] : []),
    "",
  ].join("\n");
}

function renderMigration(migration: ReviewedMigration, detail: Detail): string[] {
  const { name, changes, statements, findings, held, waited, error, releases } = migration;
  const way = describeWay(migration);
  const left = statements.length - detail.statements;
  const list = <Item>(items: readonly Item[], line: (item: Item) => string) =>
    some(items, detail, line).map((text) => `- ${text}`);
  return [
    "",
    `### ${escapeMarkdown(name)}`,
    ...(way.length > 0 ? ["", `_${escapeMarkdown(way.join("; "))}_`] : []),
    ...(error === null ? [] : ["", `**It fails:** ${escapeMarkdown(cut(error, 1000))}`]),
    "",
    ...list(changes, ({ does, text }) => `${does} ${escapeMarkdown(text)}`),
    ...list(held, (one) => `holds ${escapeMarkdown(describeHeld(one))}`),
    ...list(waited, (one) => escapeMarkdown(describeWaited(one))),
    ...list(releases, (one) => `release ${escapeMarkdown(cut(describeRelease(one), 600))}`),
    ...list([...findings, ...statements.flatMap((one) => one.findings)], renderFinding),
    "",
    "<details><summary>Statements</summary>",
    "",
    ...statements.slice(0, detail.statements).flatMap((one) => renderStatement(one, detail)),
    ...(left > 0 ? [`… and ${count(left, "more statement")}`, ""] : []),
    "</details>",
    ...renderProof(migration, detail),
  ];
}

function renderProof({ verified, wayBack }: ReviewedMigration, detail: Detail): string[] {
  const list = <Item>(items: readonly Item[], line: (item: Item) => string) =>
    some(items, detail, line).map((text) => `- ${text}`);
  const losses = some(verified.losses, detail, describeLoss).join(", ");
  const back = "never" in wayBack ? [] : wayBack.statements.slice(0, detail.statements);
  return [
    "",
    `Verified: ${escapeMarkdown(describeVerified(verified))}.`,
    ...list(verified.faults, ({ code, message }) => `❌ **${code}** ${escapeMarkdown(cut(message, 1000))}`),
    ...list(verified.notes, ({ code, message }) => `**${code}** ${escapeMarkdown(cut(message, 1000))}`),
    ...(losses === "" ? [] : ["", `Its \`down\` loses what came after: ${escapeMarkdown(losses)}.`]),
    "",
    ...("never" in wayBack
      ? [`No way back: ${escapeMarkdown(cut(wayBack.never, 1000))}`]
      : [
          `<details><summary>The way back: ${count(wayBack.statements.length, "statement")}</summary>`,
          "",
          ...(back.length === 0 ? [] : fence("sql", back.map((sql) => `${cut(sql.trim(), detail.sql)};`).join("\n"))),
          "</details>",
        ]),
  ];
}

const marks = { error: "⛔", warning: "⚠️", note: "ℹ️" } as const;

function renderFinding({ severity, rule, message, hint, line }: ReviewFinding): string {
  const place = line === null ? "" : ` (line ${line})`;
  const out = hint === null ? "" : ` → ${escapeMarkdown(cut(hint, 400))}`;
  return `${marks[severity]} **${rule}**${place}: ${escapeMarkdown(cut(message, 600))}${out}`;
}

function renderStatement(statement: ReviewedStatement, { sql }: Detail): string[] {
  const seen = [...describeRelations(statement), describeMeasure(statement)];
  return [...fence("sql", cut(statement.sql.trim(), sql)), "", escapeMarkdown(seen.join("; ")), ""];
}
