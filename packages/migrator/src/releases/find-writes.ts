import { partsOf, unquote } from "@thedata/catalog/sql";

/** Rows that a migration changes. */
export interface MigrationWrite {
  /** As the catalog names it, `public.users`. */
  readonly table: string;
  /** The columns, by their own names; null: whole rows go. */
  readonly columns: readonly string[] | null;
}

const name = String.raw`((?:"(?:[^"]|"")+"|\w+)(?:\.(?:"(?:[^"]|"")+"|\w+))?)`;
const update = new RegExp(
  String.raw`\bupdate\s+(?:only\s+)?${name}(?:\s+(?:as\s+)?\w+)?\s+set\s+([\s\S]*?)(?:\bwhere\b|\bfrom\b|;|$)`,
  "gi",
);
const remove = new RegExp(
  String.raw`\b(?:delete\s+from|merge\s+into|truncate(?:\s+table)?)\s+(?:only\s+)?${name}`,
  "gi",
);

/**
 * Finds the rows that statements change, in the bodies of DO blocks too. Rows that are added are left out: a release
 * meets such rows anyway.
 */
export function findWrites(statements: readonly string[]): MigrationWrite[] {
  return statements.flatMap((statement) => {
    const text = statement.replace(/--.*$/gm, "");
    const updates = [...text.matchAll(update)].map(([, table = "", set = ""]) => ({
      table: toName(table),
      columns: columnsOf(set),
    }));
    const removals = [...text.matchAll(remove)].map(([, table = ""]) => ({ table: toName(table), columns: null }));
    return [...updates, ...removals];
  });
}

function toName(text: string): string {
  const parts = partsOf(text);
  return parts.length === 1 ? `public.${text}` : text;
}

/** The columns that `a = …, b = …` or `(a, b) = …` assign. */
function columnsOf(set: string): string[] {
  const [, row] = /^\(([^)]*)\)\s*=/.exec(set.trim()) ?? [];
  if (row !== undefined) return row.split(",").map((column) => unquote(column.trim()));
  return [...set.replace(/'(?:[^']|'')*'/g, "''").matchAll(/(?:^|,)\s*("(?:[^"]|"")+"|\w+)\s*=/g)].map(
    ([, column = ""]) => unquote(column),
  );
}
