import type { Review, ReviewedMigration, ReviewedStatement, ReviewFinding } from "@thedata/migrator/internal";
import { count } from "../describe-run.ts";
import { escapeHtml as escape } from "../escape-html.ts";
import { type Detail, fit, some } from "./fit.ts";
import { style } from "./style.ts";
import {
  cut,
  describeBasis,
  describeHeld,
  describeLoss,
  describeMeasure,
  describePicture,
  describeRelations,
  describeRelease,
  describeVerified,
  describeWaited,
  describeWay,
  levels,
  placeOf,
} from "./words.ts";

const mostBytes = 300 * 1024;

/** A review as one page of at most 300 KB, without scripts and requests, for a screen and for paper. */
export function toHtml(review: Review): string {
  return fit(review, render, (text) => Buffer.byteLength(text) <= mostBytes);
}

function render(review: Review, detail: Detail): string {
  const { level, verdict, migrations } = review;
  const shown = migrations.slice(0, detail.migrations);
  const left = migrations.length - shown.length;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escape(levels[level].word)}: review of ${escape(count(migrations.length, "migration"))}</title>
<style>${style}</style>
</head>
<body>
<main>
<header class="verdict ${level}">
<h1>${escape(levels[level].word)}</h1>
<p>${escape(cut(verdict, 2000))}</p>
</header>
<p class="basis">${escape(describeBasis(review))}.</p>
${detail.picture ? renderPicture(review) : ""}
${shown.map((migration, index) => renderMigration(migration, index, detail)).join("\n")}
${left > 0 ? `<p>… and ${count(left, "more migration")}.</p>` : ""}
</main>
</body>
</html>
`;
}

/** The picture with its own size as the largest; its page format would become the whole page's. */
function renderPicture({ picture }: Review): string {
  if (!picture) return "";
  const svg = picture.svg.replace(/<\?xml[^>]*>/, "").replace(/@page \{[^}]*\}\s*/, "");
  return `<figure>${svg}<figcaption>${escape(describePicture(picture))}</figcaption></figure>`;
}

function renderMigration(migration: ReviewedMigration, index: number, detail: Detail): string {
  const { name, changes, statements, findings, held, waited, error, releases } = migration;
  const way = describeWay(migration).map((text) => `<span class="chip">${escape(text)}</span>`);
  const shown = statements.slice(0, detail.statements);
  const left = statements.length - shown.length;
  const place = placeOf(migration);
  return `<section aria-labelledby="migration-${index}">
<h2 id="migration-${index}">${escape(name)}</h2>
${place === name ? "" : `<p class="place">${escape(place)}</p>`}
${way.length > 0 ? `<p>${way.join(" ")}</p>` : ""}
${error === null ? "" : `<p class="error"><strong>It fails:</strong> ${escape(cut(error, 1000))}</p>`}
${list(
  "What changes",
  some(changes, detail, ({ does, text }) => `<span class="${does}">${does}</span> ${escape(text)}`),
)}
${list(
  "Held to the end",
  some(held, detail, (one) => escape(describeHeld(one))),
)}
${list(
  "Who waited",
  some(waited, detail, (one) => escape(describeWaited(one))),
)}
${list(
  "Releases",
  some(releases, detail, (one) => escape(cut(describeRelease(one), 600))),
)}
${list("Found", some(findings, detail, renderFinding))}
${shown.length === 0 ? "" : renderStatements(shown, detail)}
${left > 0 ? `<p>… and ${count(left, "more statement")}.</p>` : ""}
${renderProof(migration, detail)}
</section>`;
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return "";
  return `<h3>${title}</h3>\n<ul>\n${items.map((item) => `<li>${item}</li>`).join("\n")}\n</ul>`;
}

function renderStatements(statements: readonly ReviewedStatement[], detail: Detail): string {
  return `<h3>Statements</h3>
<table>
<thead><tr><th scope="col">Line</th><th scope="col">Statement</th><th scope="col">What it does</th><th scope="col">Measured</th></tr></thead>
<tbody>
${statements.map((one) => renderStatement(one, detail)).join("\n")}
</tbody>
</table>`;
}

function renderStatement(statement: ReviewedStatement, detail: Detail): string {
  const seen = describeRelations(statement).map((text) => `<p>${escape(text)}</p>`);
  const findings = some(statement.findings, detail, renderFinding).map((text) => `<p>${text}</p>`);
  return `<tr><td>${statement.line ?? ""}</td><td><code>${escape(cut(statement.sql.trim(), detail.sql))}</code></td><td>${[...seen, ...findings].join("") || (statement.durationMs === null ? "not measured" : "nobody waits")}</td><td>${escape(describeMeasure(statement))}</td></tr>`;
}

function renderFinding({ severity, rule, message, hint }: ReviewFinding): string {
  const out = hint === null ? "" : ` <span class="hint">→ ${escape(cut(hint, 400))}</span>`;
  return `<span class="finding ${severity}">${severity}</span> <strong>${escape(rule)}</strong> ${escape(cut(message, 600))}${out}`;
}

function renderProof({ verified, wayBack }: ReviewedMigration, detail: Detail): string {
  const told = (kind: string) => (one: { readonly code: string; readonly message: string }) =>
    `<span class="finding ${kind}">${one.code}</span> ${escape(cut(one.message, 1000))}`;
  const losses = some(verified.losses, detail, describeLoss).join(", ");
  const said = [
    ...some(verified.faults, detail, told("error")),
    ...some(verified.notes, detail, told("note")),
    ...(losses === "" ? [] : [`<code>down</code> loses what came after: ${escape(losses)}`]),
  ];
  const back =
    "never" in wayBack
      ? `<p>There is none: ${escape(cut(wayBack.never, 1000))}</p>`
      : `<pre><code>${escape(cut(wayBack.statements.map((sql) => `${sql.trim()};`).join("\n"), 4000)) || "nothing is to be done"}</code></pre>`;
  return `<h3>Verified</h3>
<p>On a shadow database: ${escape(describeVerified(verified))}.</p>
${said.length === 0 ? "" : `<ul>${said.map((item) => `<li>${item}</li>`).join("\n")}</ul>`}
<h3>The way back</h3>
${back}`;
}
