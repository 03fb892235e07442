import type { DiagramColumn, DiagramTable } from "./diagram.ts";

/** Lengths in pixels. Letters of a generic monospaced font are at most 0.6 of its size wide, on every system. */
export const sizes = { font: 11, letter: 6.65, row: 17, header: 24, padding: 8, mark: 22, gap: 12, title: 20 } as const;

/** A column's line in a table's box. */
export interface DiagramRow {
  readonly mark: string;
  readonly name: string;
  readonly type: string;
}

/** A table's box: its texts, and its size in pixels. */
export interface Box {
  readonly heading: string;
  readonly rows: readonly DiagramRow[];
  /** The unique keys, shown below the columns. */
  readonly notes: readonly string[];
  /** The distance of the types from the box's left. */
  readonly typeX: number;
  readonly width: number;
  readonly height: number;
}

const longestNote = 44;

/** Computes a table's box, large enough for its texts; notes are cut at 44 characters. */
export function boxOf({ name, columns, uniques }: DiagramTable): Box {
  const rows = columns.map(rowOf);
  const notes = uniques.map((text) => shorten(`unique (${text})`));
  const typeX = sizes.padding + sizes.mark + widest(rows.map((row) => row.name)) + sizes.gap;
  const inner = Math.max(
    typeX + widest(rows.map(({ type }) => type)),
    // The heading is bold, which some fonts draw wider.
    sizes.padding + widthOf(name) * 1.15,
    sizes.padding + widest(notes),
  );
  return {
    heading: name,
    rows,
    notes,
    typeX: Math.ceil(typeX),
    width: Math.ceil(inner + sizes.padding),
    height: sizes.header + (rows.length + notes.length) * sizes.row + (notes.length > 0 ? 5 : 3),
  };
}

function rowOf({ name, type, nullable, primaryKey, foreignKey, unique }: DiagramColumn): DiagramRow {
  const mark = primaryKey ? "PK" : foreignKey ? "FK" : unique ? "U" : "";
  return { mark: primaryKey && foreignKey ? "PF" : mark, name, type: nullable ? `${type}?` : type };
}

function shorten(note: string): string {
  return note.length > longestNote ? `${note.slice(0, longestNote - 1)}…` : note;
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(widthOf));
}

/** The width of a text in the rows' font size; letters beyond Latin, Greek and Cyrillic may be twice as wide. */
export function widthOf(text: string): number {
  const places = [...text].map((letter) => ((letter.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2));
  return places.reduce<number>((sum, place) => sum + place, 0) * sizes.letter;
}

/** Where a column's line begins: the middle of its row, in pixels from the box's top. */
export function rowY({ rows }: Box, column: string): number {
  const index = Math.max(
    0,
    rows.findIndex(({ name }) => name === column),
  );
  return sizes.header + index * sizes.row + Math.floor(sizes.row / 2) + 1;
}
