/** The line, from 1, on which a statement goes on after so much of it as `before` holds. */
export type LineOf = (before?: string) => number;

/**
 * Finds each statement in the text of its migration's file, and gives its lines; null where the file does not have it
 * as it was sent, because code composes it.
 */
export function locateStatements(source: string, statements: readonly string[]): (LineOf | null)[] {
  const { text, lines } = compact(source);
  let from = 0;
  return statements.map((statement) => {
    const searched = compact(statement).text;
    const next = text.indexOf(searched, from);
    const found = next >= 0 ? next : text.indexOf(searched);
    if (searched === "" || found < 0) return null;
    from = found + searched.length;
    return (before = "") => lines[found + compact(before).text.length] ?? 1;
  });
}

/** A text without what a string of TypeScript writes in another way, blanks and escapes; and the line of each character. */
function compact(source: string): { text: string; lines: readonly number[] } {
  const lines: number[] = [];
  const text = source.split("\n").map((line, index) => {
    const kept = line.replaceAll(/\\[nrt]|\\|\s/g, "");
    for (let column = 0; column < kept.length; column++) lines.push(index + 1);
    return kept;
  });
  return { text: text.join(""), lines };
}
