/** Writes a Markdown table; the first column to the left, the others to the right. */
export function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(3, ...[title, ...rows.map((row) => row[column] ?? "")].map((cell) => cell.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${head.map((_, column) => pad(cells[column] ?? "", widths[column] ?? 0, column)).join(" | ")} |`;
  const rule = widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

/** A duration in a form that fits its size. */
export function duration(ms: number): string {
  if (Number.isNaN(ms)) return "";
  return ms < 1000 ? `${ms.toFixed(ms < 100 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** A ratio with two digits behind the point, or one where it is large. */
export function ratio(value: number): string {
  return Number.isNaN(value) ? "" : value.toFixed(value < 9.995 ? 2 : 1);
}

/** A size in MiB. */
export function mebibytes(value: number): string {
  return Number.isNaN(value) ? "" : `${Math.round(value)} MiB`;
}
