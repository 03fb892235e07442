import type { Diagram } from "./diagram.ts";
import type { Layout, PlacedTable } from "./layout.ts";
import { escape } from "./escape.ts";
import { legend, legendSize } from "./legend.ts";
import { drawRelation } from "./lines.ts";
import { fitOnPage } from "./page.ts";
import { sizes } from "./measure.ts";

const margin = 16;
const titleHeight = 30;
const sans = `font-family="Helvetica, Arial, sans-serif"`;

/** Colours of the areas: background, border, and table headings. */
const palette = [
  { fill: "#eef4fc", line: "#a9c4e6", head: "#2b5b94" },
  { fill: "#eef8f0", line: "#a5d1b0", head: "#2a6b3d" },
  { fill: "#fdf5ea", line: "#e3c08e", head: "#8a5712" },
  { fill: "#f7f0fa", line: "#cdb0dc", head: "#6b3a83" },
  { fill: "#fbeff0", line: "#e0aeb3", head: "#93323c" },
  { fill: "#eef7f7", line: "#9fcdcf", head: "#1f6a6e" },
  { fill: "#f4f4ec", line: "#c4c49c", head: "#5d5d1f" },
] as const;

/** Writes a diagram as an SVG document of one page, in light colours also where the viewer is dark. */
export function renderSvg(diagram: Diagram, layout: Layout): string {
  const width = Math.max(layout.width, legendSize.width) + 2 * margin;
  const height = titleHeight + layout.height + legendSize.height + 2 * margin;
  const page = fitOnPage(width, height);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${page.width}" height="${page.height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description" style="color-scheme: light">`,
    `<title id="title">Database schema</title>`,
    `<desc id="description">${escape(describe(diagram))}</desc>`,
    `<style>@page { size: ${page.name}; margin: 8mm } text { white-space: pre }</style>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${margin}" y="${margin + 14}" ${sans} font-size="16" font-weight="bold" fill="#1c2733">Database schema</text>`,
    `<g transform="translate(${margin} ${margin + titleHeight})">`,
    ...layout.areas.map(drawArea).filter((text) => text !== ""),
    ...layout.relations.map(drawRelation),
    ...layout.tables.map((table) => drawTable(table, colorsOf(diagram, table.name))),
    `</g>`,
    legend(margin, height - margin - legendSize.height),
    `</svg>`,
  ].join("\n")}\n`;
}

function describe({ areas, tables, relations }: Diagram): string {
  const named = areas.map((area) => (area.name ? `${area.name}: ` : "") + area.tables.join(", "));
  const count = (things: readonly unknown[], word: string) =>
    `${things.length} ${word}${things.length === 1 ? "" : "s"}`;
  return `${count(tables, "table")}, ${count(relations, "relation")}. ${named.join(". ")}`.trim();
}

type Colors = (typeof palette)[number];

function paletteOf(index: number): Colors {
  return palette[index % palette.length] ?? palette[0];
}

function colorsOf({ areas }: Diagram, table: string): Colors {
  return paletteOf(areas.findIndex(({ tables }) => tables.includes(table)));
}

function drawArea({ x, y, width, height, name }: Layout["areas"][number], index: number): string {
  const { fill, line, head } = paletteOf(index);
  const label = `<text x="${x + 12}" y="${y + 20}" ${sans} font-size="13" font-weight="bold" fill="${head}">${escape(name)}</text>`;
  return name
    ? `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="${fill}" stroke="${line}"/>\n${label}`
    : "";
}

function drawTable({ x, y, width, height, box }: PlacedTable, { line, head }: Colors): string {
  const { padding, row, header } = sizes;
  const baseline = (index: number) => header + index * row + 13;
  return [
    `<g transform="translate(${x} ${y})" font-family="monospace" font-size="${sizes.font}" fill="#1c2733">`,
    `<rect width="${width}" height="${height}" rx="3" fill="#ffffff" stroke="${head}"/>`,
    `<path d="M0 ${header}V3a3 3 0 0 1 3-3H${width - 3}a3 3 0 0 1 3 3V${header}z" fill="${head}"/>`,
    `<text x="${padding}" y="16" font-weight="bold" fill="#ffffff">${escape(box.heading)}</text>`,
    ...box.rows.flatMap(({ mark, name, type }, index) => [
      ...(mark
        ? [`<text x="${padding}" y="${baseline(index)}" font-size="9" font-weight="bold" fill="${head}">${mark}</text>`]
        : []),
      `<text x="${padding + sizes.mark}" y="${baseline(index)}"${mark.startsWith("P") ? ` font-weight="bold"` : ""}>${escape(name)}</text>`,
      `<text x="${box.typeX}" y="${baseline(index)}" fill="#5a6875">${escape(type)}</text>`,
    ]),
    ...drawNotes(box.notes, box.rows.length, width, line),
    `</g>`,
  ].join("\n");
}

function drawNotes(notes: readonly string[], rows: number, width: number, line: string): string[] {
  if (notes.length === 0) return [];
  const top = sizes.header + rows * sizes.row + 2;
  return [
    `<path d="M0 ${top}H${width}" stroke="${line}"/>`,
    ...notes.map(
      (note, index) =>
        `<text x="${sizes.padding}" y="${top + index * sizes.row + 13}" font-style="italic" fill="#5a6875">${escape(note)}</text>`,
    ),
  ];
}
