import { partsOf, unquote } from "@thedata/catalog/sql";

/** Rows that a migration changes. */
export interface MigrationWrite {
  /** As the catalog names it, `public.users`. */
  readonly table: string;
  /** The columns, by their own names; null: whole rows go, or nobody can read which. */
  readonly columns: readonly string[] | null;
}

const name = String.raw`((?:"(?:[^"]|"")+"|\w+)(?:\.(?:"(?:[^"]|"")+"|\w+))?)`;
const alias = String.raw`(?:\s*\*)?(?:\s+(?:as\s+)?(?:"(?:[^"]|"")+"|(?!set\b)\w+))?`;
const update = new RegExp(String.raw`\bupdate\s+(?:only\s+)?${name}${alias}\s+set\s+([\s\S]*?)(?:\bwhere\b|;|$)`, "gi");
const remove = new RegExp(String.raw`\b(?:delete\s+from|merge\s+into)\s+(?:only\s+)?${name}`, "gi");
const truncate = new RegExp(
  String.raw`\btruncate\s+(?:table\s+)?((?:only\s+)?${name}(?:\s*,\s*(?:only\s+)?${name})*)`,
  "gi",
);

/**
 * Finds the rows that statements change, in the bodies of DO blocks too. Rows that are added are left out: a release
 * meets such rows anyway. What a function does that is called is not seen.
 */
export function findWrites(statements: readonly string[]): MigrationWrite[] {
  return statements.flatMap((statement) => {
    const text = withoutTexts(statement);
    const updates = [...text.matchAll(update)].map(([, table = "", set = ""]) => toWrite(table, columnsOf(set)));
    const removals = [...text.matchAll(remove)].map(([, table = ""]) => toWrite(table, null));
    const emptied = [...text.matchAll(truncate)].flatMap(([, list = ""]) => list.split(/\s*,\s*/));
    return [...updates, ...removals, ...emptied.map((table) => toWrite(table.replace(/^only\s+/i, ""), null))];
  });
}

/** The statement without the contents of strings and without comments. */
function withoutTexts(statement: string): string {
  return statement.replace(/'(?:[^']|'')*'|--.*$|\/\*[\s\S]*?\*\//gm, (found) => (found.startsWith("'") ? "''" : " "));
}

function toWrite(table: string, columns: readonly string[] | null): MigrationWrite {
  const parts = partsOf(table).map((part) => (part.startsWith('"') ? part : part.toLowerCase()));
  return { table: (parts.length === 1 ? ["public", ...parts] : parts).join("."), columns };
}

/** A column's own name: PostgreSQL folds what has no quotes. */
function ownName(column: string): string {
  return column.startsWith('"') ? unquote(column) : column.toLowerCase();
}

/** The columns that `a = …, b = …` assigns; null where brackets could hide one. */
function columnsOf(set: string): string[] | null {
  const [, row, value = ""] = /^\(([^()]*)\)\s*=([\s\S]*)$/.exec(set.trim()) ?? [];
  if (row !== undefined && !/[,=]/.test(withoutBrackets(value) ?? "="))
    return row.split(",").map((column) => ownName(column.trim()));
  const outside = withoutBrackets(set);
  if (outside === null || /\(/.test(outside)) return null;
  const columns = outside.split(",").map((part) => /^\s*("(?:[^"]|"")+"|\w+)\s*=/.exec(part)?.[1]);
  return columns.every((column) => column !== undefined) ? columns.map(ownName) : null;
}

/** The text without brackets behind a word, innermost first: `coalesce(a, b)` names no column that is written. */
function withoutBrackets(text: string): string | null {
  let left = text;
  for (let rounds = 0; rounds < 50 && /\([^()]*\)/.test(left); rounds++) left = left.replace(/\([^()]*\)/g, " ");
  return /[()]/.test(left) ? null : left.replace(/\bfrom\b[\s\S]*$/i, "");
}
