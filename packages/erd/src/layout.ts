import type { Area } from "./areas.ts";
import { arrange, padding, type Slot } from "./columns.ts";
import type { Diagram, Relation } from "./diagram.ts";
import { type Box, boxOf } from "./measure.ts";
import { type Point, route } from "./route.ts";

export interface Rectangle extends Point {
  readonly width: number;
  readonly height: number;
}

/** A table's box and its position. */
export interface PlacedTable extends Rectangle {
  readonly name: string;
  readonly box: Box;
}

/** A relation's line, from the referenced table to the referencing one, with a point at each turn. */
export interface PlacedRelation {
  readonly relation: Relation;
  readonly points: readonly Point[];
}

/** All positions and sizes, in whole pixels from the top left. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly areas: readonly (Rectangle & { readonly name: string })[];
  readonly tables: readonly PlacedTable[];
  readonly relations: readonly PlacedRelation[];
}

/** Lays out a diagram, deterministically: areas around their tables, lines from row to row and around the tables. */
export async function layOut({ areas, tables, relations }: Diagram): Promise<Layout> {
  const boxes = new Map(tables.map((table) => [table.name, boxOf(table)]));
  const slots = arrange(areas, boxes);
  const { width, height, places, lines } = await route(slots, boxes, relations);
  const placed = new Map(slots.map((slot) => [slot.table, placeTable(slot, places, boxes)]));
  return {
    width,
    height,
    areas: areas.map((area) => surround(area, placed)),
    tables: tables.flatMap(({ name }) => placed.get(name) ?? []),
    relations: relations.map((relation, index) => ({
      relation,
      points: reach(lines[index] ?? [], placed.get(relation.to), placed.get(relation.from)),
    })),
  };
}

function placeTable(
  { table, above }: Slot,
  places: ReadonlyMap<string, Point>,
  boxes: ReadonlyMap<string, Box>,
): PlacedTable {
  const { x, y } = places.get(table) as Point;
  const box = boxes.get(table) as Box;
  return { name: table, x: x + padding.side, y: y + above, width: box.width, height: box.height, box };
}

/** The rectangle around an area's tables and its name. */
function surround({ name, tables }: Area, placed: ReadonlyMap<string, PlacedTable>): Layout["areas"][number] {
  const boxes = tables.flatMap((table) => placed.get(table) ?? []);
  const x = Math.min(...boxes.map((box) => box.x)) - padding.side;
  const y = Math.min(...boxes.map((box) => box.y)) - padding.top;
  const right = Math.max(...boxes.map((box) => box.x + box.width)) + padding.side;
  const bottom = Math.max(...boxes.map((box) => box.y + box.height)) + padding.bottom;
  return { name, x, y, width: right - x, height: bottom - y };
}

/** Extends a line to the tables: ELK routes it only to the edge of the padding around them. */
function reach(points: readonly Point[], start?: Rectangle, end?: Rectangle): Point[] {
  const towards = (point: Point, box: Rectangle): Point => ({
    x: point.x <= box.x ? box.x : box.x + box.width,
    y: point.y,
  });
  return points.map((point, index) => {
    if (index === 0 && start) return towards(point, start);
    return index === points.length - 1 && end ? towards(point, end) : point;
  });
}
