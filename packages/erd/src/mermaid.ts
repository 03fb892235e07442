import type { Diagram, DiagramColumn, DiagramTable, Relation } from "./diagram.ts";

/** Writes a diagram as Mermaid's `erDiagram`, the tables area by area. */
export function renderMermaid({ areas, tables, relations }: Diagram): string {
  const names = new Set(tables.map(({ name }) => name));
  const ids = new Map(tables.map(({ name }, index) => [name, idOf(name, index, names)]));
  const table = new Map(tables.map((one) => [one.name, one]));
  const lines = areas.flatMap((area) => [
    ...(area.name ? [`  %% ${area.name.replaceAll(/[\s{}]+/g, " ")}`] : []),
    ...area.tables.flatMap((name) => renderTable(table.get(name), ids.get(name) ?? "")),
  ]);
  return `${["erDiagram", ...lines, ...relations.map((one) => renderRelation(one, ids))].join("\n")}\n`;
}

// Words that Mermaid's grammar reads as keywords in the place of a table's name.
const reserved =
  /^(erdiagram|direction|title|acctitle|accdescr|style|class|classdef|subgraph|end|one|only|zero|many|optionally|to|u|o|x|click)$/i;

/** A table's id in Mermaid: its name where Mermaid accepts it, else a unique id with the name as its label. */
function idOf(name: string, index: number, names: ReadonlySet<string>): string {
  if (/^[A-Za-z_]\w*$/.test(name) && !reserved.test(name)) return name;
  let id = `table_${index + 1}`;
  while (names.has(id)) id += "_";
  return `${id}["${quote(name)}"]`;
}

function renderTable(table: DiagramTable | undefined, id: string): string[] {
  if (!table) return [];
  return [`  ${id} {`, ...table.columns.map(renderColumn), "  }"];
}

function renderColumn(column: DiagramColumn): string {
  const { name, type, nullable, primaryKey, foreignKey, unique } = column;
  const id = attributeOf(name);
  const keys = [primaryKey && "PK", foreignKey && "FK", unique && "UK"].filter(Boolean).join(", ");
  const remarks = [...(id === name ? [] : [quote(name)]), ...(nullable ? ["null"] : [])].join(", ");
  return `    ${[wordOf(type), id, keys, remarks && `"${remarks}"`].filter(Boolean).join(" ")}`;
}

/** Mermaid does not accept PK, FK and UK as names of columns. */
function attributeOf(name: string): string {
  return wordOf(name.replaceAll(/[()[\]]/g, "_")).replace(/^(pk|fk|uk)$/i, "$1_");
}

function wordOf(text: string): string {
  return text.replaceAll(/[^\w()[\]\u00C0-\uFFFF]+/g, "_").replace(/^(?![A-Za-z_\u00C0-\uFFFF])/, "_");
}

function renderRelation(relation: Relation, ids: ReadonlyMap<string, string>): string {
  const { from, columns, to, cardinality, optional, onDelete } = relation;
  const [parent, child] = [ids.get(to), ids.get(from)].map((id) => id?.replace(/\[.*/, ""));
  const ends = `${optional ? "|o" : "||"}--${cardinality === "one-to-one" ? "o|" : "o{"}`;
  return `  ${parent} ${ends} ${child} : "${quote(columns.join(", "))}, on delete ${onDelete}"`;
}

/** Within quotes, Mermaid has no escape but its own character codes. */
function quote(text: string): string {
  return text.replaceAll(/["\\%#<>&\p{Cc}\p{Bidi_Control}]/gu, (letter) => `#${letter.codePointAt(0)};`);
}
