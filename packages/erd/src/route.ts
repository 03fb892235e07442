import type { ELK, ElkExtendedEdge, ElkNode, ElkPort, LayoutOptions } from "elkjs/lib/elk-api.js";
import type { Slot } from "./columns.ts";
import type { Relation } from "./diagram.ts";
import { type Box, rowY } from "./measure.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** ELK's result: places by table, and lines by relation, each from the referenced table to the referencing one. */
export interface Routed {
  readonly width: number;
  readonly height: number;
  readonly places: ReadonlyMap<string, Point>;
  readonly lines: readonly (readonly Point[])[];
}

// ELK keeps the given columns and order, makes room for the lines, and routes them around the tables.
const options: LayoutOptions = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.separateConnectedComponents": "false",
  "elk.layered.cycleBreaking.strategy": "INTERACTIVE",
  "elk.layered.layering.strategy": "INTERACTIVE",
  "elk.layered.crossingMinimization.strategy": "INTERACTIVE",
  "elk.layered.nodePlacement.strategy": "INTERACTIVE",
  "elk.padding": "[top=0,left=0,bottom=0,right=0]",
  "elk.spacing.nodeNode": "16",
  "elk.spacing.edgeEdge": "9",
  "elk.spacing.edgeNode": "10",
  "elk.layered.spacing.nodeNodeBetweenLayers": "22",
  // Space for the signs at both ends of a line.
  "elk.layered.spacing.edgeNodeBetweenLayers": "18",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "8",
};

/** Larger than any column's width: ELK derives the columns from the nodes' positions. */
const columnStep = 100_000;

/** Routes each relation between the rows of its columns; relations within a column pass on its right. */
export async function route(
  slots: readonly Slot[],
  boxes: ReadonlyMap<string, Box>,
  relations: readonly Relation[],
): Promise<Routed> {
  if (slots.length === 0) return { width: 0, height: 0, places: new Map(), lines: [] };
  const { nodes, edges } = toGraph(slots, boxes, relations);
  const graph: ElkNode & { edges?: ElkExtendedEdge[] } = await (
    await loadElk()
  ).layout({ id: "schema", layoutOptions: options, children: nodes, edges });
  const found = new Map((graph.edges ?? []).map((edge) => [edge.id, pointsOf(edge)]));
  return {
    width: Math.ceil(graph.width ?? 0),
    height: Math.ceil(graph.height ?? 0),
    places: new Map((graph.children ?? []).map(({ id, x = 0, y = 0 }) => [id, { x: Math.round(x), y: Math.round(y) }])),
    lines: relations.map((_, index) =>
      straighten([...(found.get(`${index} to`) ?? []), ...(found.get(`${index} from`) ?? []).toReversed()]),
    ),
  };
}

/** Loaded on demand: it is large, and only SVG needs it. */
async function loadElk(): Promise<ELK> {
  const { default: elk } = await import("elkjs/lib/elk.bundled.js");
  return new elk.default();
}

interface Graph {
  readonly nodes: ElkNode[];
  readonly edges: ElkExtendedEdge[];
}

function toGraph(slots: readonly Slot[], boxes: ReadonlyMap<string, Box>, relations: readonly Relation[]): Graph {
  const slotOf = new Map(slots.map((slot) => [slot.table, slot]));
  const portsOf = new Map(slots.map(({ table }) => [table, new Map<string, ElkPort>()]));
  const port = (end: "from" | "to", relation: Relation, east: boolean) => {
    const slot = slotOf.get(relation[end]) as Slot;
    const made = toPort(end, relation, relations, { slot, box: boxes.get(slot.table) as Box, east });
    portsOf.get(slot.table)?.set(made.id, made);
    return made;
  };
  const bends: ElkNode[] = [];
  const edges = relations.flatMap((relation, index): ElkExtendedEdge[] => {
    const [from, to] = [slotOf.get(relation.from) as Slot, slotOf.get(relation.to) as Slot];
    if (from.column === to.column) {
      // ELK has no edges within a column: two edges meet at a point between this column and the next.
      const [start, end] = [port("to", relation, true), port("from", relation, true)];
      const bend = {
        id: `bend ${index}`,
        x: (from.column + 0.5) * columnStep,
        y: from.y + (end.y ?? 0),
        width: 0,
        height: 0,
      };
      bends.push(bend);
      return [
        { id: `${index} to`, sources: [start.id], targets: [bend.id] },
        { id: `${index} from`, sources: [end.id], targets: [bend.id] },
      ];
    }
    const forward = to.column < from.column;
    const [start, end] = [port("to", relation, forward), port("from", relation, !forward)];
    return forward
      ? [{ id: `${index} to`, sources: [start.id], targets: [end.id] }]
      : [{ id: `${index} from`, sources: [end.id], targets: [start.id] }];
  });
  const tables = slots.map((slot): ElkNode => toNode(slot, [...(portsOf.get(slot.table)?.values() ?? [])]));
  return { nodes: [...tables, ...bends], edges };
}

function toNode({ table, column, y, width, height }: Slot, ports: ElkPort[]): ElkNode {
  const layoutOptions = { "elk.portConstraints": "FIXED_POS", "elk.alignment": "LEFT" };
  return { id: table, x: column * columnStep, y, width, height, ports, layoutOptions };
}

/** Lines of the same kind that begin at the same column share a port, and so run together as far as possible. */
function toPort(
  end: "from" | "to",
  relation: Relation,
  relations: readonly Relation[],
  { slot, box, east }: { slot: Slot; box: Box; east: boolean },
): ElkPort {
  const columns = end === "to" ? relation.referencedColumns : relation.columns;
  const kinds = end === "to" ? kindsAt(relation, relations) : [];
  const offset = end === "to" ? Math.round(8 * (kinds.indexOf(kindOf(relation)) - (kinds.length - 1) / 2)) : 0;
  return {
    id: JSON.stringify([end, slot.table, columns, east, end === "to" ? kindOf(relation) : ""]),
    x: east ? slot.width : 0,
    y: slot.above + rowY(box, columns[0] ?? "") + offset,
    width: 0,
    height: 0,
    layoutOptions: { "elk.port.side": east ? "EAST" : "WEST" },
  };
}

/** The kinds of lines that reference the same column as this one. */
function kindsAt({ to, referencedColumns }: Relation, relations: readonly Relation[]): string[] {
  const beside = relations.filter((one) => one.to === to && one.referencedColumns[0] === referencedColumns[0]);
  return [...new Set(beside.map(kindOf))].toSorted();
}

function kindOf({ optional, onDelete }: Relation): string {
  return `${optional} ${onDelete}`;
}

function pointsOf({ sections }: ElkExtendedEdge): Point[] {
  const [section] = sections ?? [];
  if (!section) return [];
  const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
  return points.map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y) }));
}

/** Removes the points at which a line does not turn. */
function straighten(points: readonly Point[]): Point[] {
  return points.filter((point, index) => {
    const [before, after] = [points[index - 1], points[index + 1]];
    if (!before || !after) return true;
    return !(before.x === point.x && point.x === after.x) && !(before.y === point.y && point.y === after.y);
  });
}
