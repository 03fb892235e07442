import type { Area } from "./areas.ts";
import type { Box } from "./measure.ts";
import { legibility } from "./page.ts";

/** The space around an area's tables, in pixels; the area's name is in the space above them. */
export const padding = { top: 34, side: 12, bottom: 14 } as const;
const gap = 16;
/** The approximate width of the lines between two columns, in pixels. */
const channel = 90;

/** The intended place of a table, in pixels; its node is its box plus the area's padding around it. */
export interface Slot {
  readonly table: string;
  readonly column: number;
  /** The node's top. */
  readonly y: number;
  /** The distance from the node's top to the table's. */
  readonly above: number;
  readonly width: number;
  readonly height: number;
}

interface Block {
  readonly named: boolean;
  readonly boxes: readonly (readonly [string, Box])[];
}

type Column = readonly Block[];

/**
 * Arranges areas in columns, in their order, so that a landscape page shows them as large as possible. A large area
 * takes several columns; each column is centred vertically.
 */
export function arrange(areas: readonly Area[], boxes: ReadonlyMap<string, Box>): Slot[] {
  const blocks = areas.map(({ name, tables }) => ({
    named: name !== "",
    boxes: tables.map((table) => [table, boxes.get(table) as Box] as const),
  }));
  const best = candidates(blocks).toSorted((a, b) => legibilityOf(b) - legibilityOf(a))[0] ?? [];
  const height = Math.max(0, ...best.map(heightOf));
  return best.flatMap((column, index) => place(column, index, Math.round((height - heightOf(column)) / 2)));
}

/** The arrangements for column heights in steps of 24 pixels, tallest columns first. */
function candidates(blocks: readonly Block[]): Column[][] {
  const total = heightOf(blocks);
  const lowest = Math.max(0, ...blocks.flatMap(({ boxes }) => boxes.map(([, { height }]) => height)));
  const steps = Math.ceil((total - lowest) / 24) + 1;
  return Array.from({ length: steps }, (_, step) => fill(blocks, total - step * 24));
}

function fill(blocks: readonly Block[], limit: number): Column[] {
  const columns: Block[][] = [];
  let open = false;
  for (const block of blocks) {
    const last = columns.at(-1);
    if (open && last && heightOf([...last, block]) <= limit) last.push(block);
    else {
      const parts = split(block, limit);
      columns.push(...parts.map((part) => [part]));
      open = parts.length === 1;
    }
  }
  return columns;
}

function split(block: Block, limit: number): Block[] {
  const parts: Block[] = [];
  for (const box of block.boxes) {
    const longer = { ...block, boxes: [...(parts.at(-1)?.boxes ?? []), box] };
    if (parts.length > 0 && heightOf([longer]) <= limit) parts[parts.length - 1] = longer;
    else parts.push({ ...block, boxes: [box] });
  }
  return parts;
}

function heightOf(column: Column): number {
  const nodes = column.flatMap(nodesOf);
  return nodes.reduce((sum, { height }) => sum + height, Math.max(0, nodes.length - 1) * gap);
}

function legibilityOf(columns: readonly Column[]): number {
  const widths = columns.map((column) => Math.max(0, ...column.flatMap(nodesOf).map(({ width }) => width)));
  const width = widths.reduce((sum, one) => sum + one, (columns.length - 1) * channel);
  return legibility(width, Math.max(0, ...columns.map(heightOf)));
}

function nodesOf({ named, boxes }: Block): Omit<Slot, "column" | "y">[] {
  return boxes.map(([table, box], index) => {
    const above = named && index === 0 ? padding.top : 0;
    const below = named && index === boxes.length - 1 ? padding.bottom : 0;
    return { table, above, width: box.width + 2 * padding.side, height: box.height + above + below };
  });
}

function place(column: Column, index: number, top: number): Slot[] {
  let y = top;
  return column.flatMap(nodesOf).map((node) => {
    const slot = { ...node, column: index, y };
    y += node.height + gap;
    return slot;
  });
}
