import type { Relation } from "./diagram.ts";
import { escape } from "./escape.ts";
import type { PlacedRelation } from "./layout.ts";
import type { Point } from "./route.ts";

const ink = "#44525f";

/** The dash pattern of a line, by what its foreign key does on delete. */
export const dashes: Readonly<Record<Relation["onDelete"], string>> = {
  cascade: "",
  "set null": "6 3",
  "set default": "6 3",
  restrict: "1.5 2.5",
  "no action": "1.5 2.5",
};

/** Draws a relation as SVG: a line with a sign at both ends, and a tooltip that describes it. */
export function drawRelation({ relation, points }: PlacedRelation): string {
  const [start, afterStart] = points;
  const [beforeEnd, end] = points.slice(-2);
  if (!start || !afterStart || !beforeEnd || !end) return "";
  const dash = dashes[relation.onDelete];
  return [
    `<g fill="none" stroke="${ink}" stroke-width="1.2"><title>${escape(tell(relation))}</title>`,
    `<path d="${pathOf(points)}"${dash ? ` stroke-dasharray="${dash}"` : ""}/>`,
    sign(relation.optional ? "zero or one" : "one", start, afterStart),
    sign(relation.cardinality === "one-to-one" ? "zero or one" : "many", end, beforeEnd),
    `</g>`,
  ].join("");
}

function tell({ from, columns, to, referencedColumns, onDelete }: Relation): string {
  return `${from} (${columns.join(", ")}) references ${to} (${referencedColumns.join(", ")}), on delete ${onDelete}`;
}

const bend = 5;

/** The path through the points, with slightly rounded corners. */
function pathOf(points: readonly Point[]): string {
  const steps = points.map((point, index) => {
    const [before, after] = [points[index - 1], points[index + 1]];
    if (!before) return `M${point.x} ${point.y}`;
    if (!after) return `L${point.x} ${point.y}`;
    const [near, far] = [towards(point, before, bend), towards(point, after, bend)];
    return `L${near.x} ${near.y}Q${point.x} ${point.y} ${far.x} ${far.y}`;
  });
  return steps.join("");
}

/** The point at this distance from `from` towards `to`, at most half way. */
function towards(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const part = Math.min(distance, length / 2) / length;
  return { x: round(from.x + (to.x - from.x) * part), y: round(from.y + (to.y - from.y) * part) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The sign at `end` of a line that comes from `from`: how many rows this end can have for one at the other end. */
export function sign(kind: "one" | "zero or one" | "many", end: Point, from: Point): string {
  const length = Math.hypot(from.x - end.x, from.y - end.y) || 1;
  const [dx, dy] = [(from.x - end.x) / length, (from.y - end.y) / length];
  const at = (along: number, across: number) =>
    `${round(end.x + dx * along - dy * across)} ${round(end.y + dy * along + dx * across)}`;
  const bar = (along: number) => `M${at(along, -4)}L${at(along, 4)}`;
  const path = {
    one: bar(5) + bar(9),
    "zero or one": bar(5),
    many: `M${at(0, -5)}L${at(9, 0)}L${at(0, 5)}`,
  }[kind];
  const [x, y] = at(kind === "many" ? 12.5 : 9.5, 0).split(" ");
  const circle = kind === "one" ? "" : `<circle cx="${x}" cy="${y}" r="3.2" fill="#ffffff"/>`;
  return `<path d="${path}"/>${circle}`;
}
