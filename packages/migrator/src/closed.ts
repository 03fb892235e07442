// A string with escapes, a string, a name, a comment to the end of its line, a dollar quote's opening tag.
const opening =
  /(?:(?<![\w$\u0080-\uffff])[eE])'|'|"|--[^\n\r]*|\/\*|(?<![\w$\u0080-\uffff])\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/g;

/**
 * True when every quote and comment of `sql` ends within it, so that a statement that is put behind it, on a new line
 * and after a semicolon, is read as it stands.
 */
export function isClosed(sql: string): boolean {
  opening.lastIndex = 0;
  for (let found = opening.exec(sql); found; found = opening.exec(sql)) {
    const end = endOf(sql, found[0], opening.lastIndex);
    if (end < 0) return false;
    opening.lastIndex = end;
  }
  return true;
}

/** Where what `open` opens ends; negative: nowhere. */
function endOf(sql: string, open: string, from: number): number {
  if (open.startsWith("--")) return from;
  if (open === "/*") return endOfComment(sql, from);
  if (open === "'" || open === '"') return after(sql, open, from);
  if (open.endsWith("'")) return endOfEscapes(sql, from);
  return after(sql, open, from);
}

function after(sql: string, close: string, from: number): number {
  const index = sql.indexOf(close, from);
  return index < 0 ? -1 : index + close.length;
}

function endOfEscapes(sql: string, from: number): number {
  for (let index = from; index < sql.length; index++)
    if (sql[index] === "\\") index++;
    else if (sql[index] === "'") return index + 1;
  return -1;
}

/** PostgreSQL's comments nest. */
function endOfComment(sql: string, from: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  for (let depth = 1; ;) {
    const mark = marks.exec(sql)?.[0];
    if (!mark) return -1;
    depth += mark === "/*" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
}
