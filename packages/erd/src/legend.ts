import { dashes, sign } from "./lines.ts";

/** The legend's size in pixels. */
export const legendSize = { width: 1000, height: 34 } as const;

/** The SVG of the legend, in one line whose top left is given. */
export function legend(left: number, top: number): string {
  const y = top + 22;
  const parts = [
    words(0, "PK primary key · FK foreign key · U unique · ? may be null"),
    line(348, dashes.cascade) + words(386, "on delete cascade"),
    line(494, dashes["set null"]) + words(532, "set null"),
    line(588, dashes["no action"]) + words(626, "restrict"),
    line(686, "", "one") + words(724, "one"),
    line(760, "", "zero or one") + words(798, "none or one"),
    line(874, "", "many") + words(912, "any number"),
  ];
  return `<g transform="translate(${left} ${y})" font-family="Helvetica, Arial, sans-serif" font-size="11" fill="#5a6875">${parts.join("")}</g>`;
}

function words(x: number, text: string): string {
  return `<text x="${x}" y="0">${text}</text>`;
}

function line(x: number, dash: string, kind?: Parameters<typeof sign>[0]): string {
  const stroke = `fill="none" stroke="#44525f" stroke-width="1.2"`;
  const ending = kind ? sign(kind, { x: x + 30, y: -4 }, { x, y: -4 }) : "";
  return `<g ${stroke}><path d="M${x} -4h30"${dash ? ` stroke-dasharray="${dash}"` : ""}/>${ending}</g>`;
}
