/** Formats a Markdown table; the first column is aligned left, the others right. */
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

/** Formats a duration in ms or s. */
export function duration(ms: number): string {
  if (Number.isNaN(ms)) return "";
  return ms < 1000 ? `${ms.toFixed(ms < 100 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** Formats a ratio with two decimals, or one from 10 on. */
export function ratio(value: number): string {
  return Number.isNaN(value) ? "" : value.toFixed(value < 9.995 ? 2 : 1);
}

/** Formats a size in MiB. */
export function mebibytes(value: number): string {
  return Number.isNaN(value) ? "" : `${Math.round(value)} MiB`;
}
