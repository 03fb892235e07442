import type { Run } from "./report.ts";
import { ratioOf, referenceOf } from "./report.ts";
import { ratio } from "./table.ts";

const row = 20;
const head = 44;
const [left, width, right] = [230, 470, 70];

const style = `<style>
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 14px; font-weight: 600 }
  .bar { fill: #8c959f }
  .ours { fill: #0969da }
  .grid { stroke: #d0d7de }
  .one { stroke: #57606a; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .bar { fill: #6e7681 }
    .ours { fill: #58a6ff }
    .grid { stroke: #30363d }
    .one { stroke: #8b949e }
  }
</style>`;

/** Draws the ratios to the reference as SVG: a panel per workload, bars on one logarithmic scale, in light and dark. */
export function toChart(run: Run): string {
  const panels: string[] = [];
  let top = 10;
  for (const { id, title } of run.workloads.toSorted((a, b) => a.id.localeCompare(b.id))) {
    const bars = run.peers
      .map((peer) => ({ label: peer.label, isOurs: peer.family === "ours", value: ratioOf(run, id, peer) }))
      .filter(({ value }) => !Number.isNaN(value))
      .toSorted((a, b) => a.value - b.value);
    if (bars.length < 2) continue;
    panels.push(drawPanel(`${id}: ${title.replaceAll("`", "")}`, bars, top));
    top += head + bars.length * row;
  }
  const total = left + width + right;
  const about = `Whole processes, times as ratios to ${referenceOf(run)?.label ?? "nothing"} in the same round, on a logarithmic scale; less is better`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total} ${top + 30}" width="${total}" height="${top + 30}" role="img" aria-label="${about}">
${style}
${panels.join("\n")}
<text x="12" y="${top + 14}">${about}.</text>
</svg>
`;
}

interface Bar {
  readonly label: string;
  readonly isOurs: boolean;
  readonly value: number;
}

function drawPanel(title: string, bars: readonly Bar[], top: number): string {
  const bottom = top + head - 12 + bars.length * row;
  const grid = [0.5, 1, 2, 5, 10, 20, 50].map(
    (value) =>
      `<line class="${value === 1 ? "one" : "grid"}" x1="${x(value)}" x2="${x(value)}" y1="${top + 22}" y2="${bottom}"/>`,
  );
  return [
    `<text class="title" x="12" y="${top + 14}">${title}</text>`,
    ...grid,
    ...bars.map((bar, index) => drawBar(bar, top + 28 + index * row)),
  ].join("\n");
}

function drawBar({ label, isOurs, value }: Bar, y: number): string {
  const end = x(value);
  return `<text x="${left - 8}" y="${y + 11}" text-anchor="end">${label.replaceAll("`", "")}</text>
<rect class="${isOurs ? "ours" : "bar"}" x="${left}" y="${y}" width="${(end - left).toFixed(1)}" height="14" rx="2"/>
<text x="${(end + 6).toFixed(1)}" y="${y + 11}">${ratio(value)}</text>`;
}

/** The x of a ratio on the scale from 0.25 to 60; below 1, so that peers faster than the reference have a bar too. */
function x(value: number): number {
  const [least, most] = [0.25, 60];
  const share = Math.log(Math.min(Math.max(value, least * 1.05), most) / least) / Math.log(most / least);
  return Number((left + share * width).toFixed(1));
}
