import { lastPart, qualifierOf, tokenize, unquote } from "@thedata/catalog/sql";
import type { RecordedStatement } from "../contract/contract.ts";
import type { Finding } from "./finding.ts";
import type { Subject } from "./subject.ts";
import { shortName } from "../schema/schema.ts";

/** What one recorded statement meets: relations and columns that it names and that are gone, names that fit two. */
export function judgeStatement(statement: RecordedStatement, { now, atHead }: Omit<Subject, "table">): Finding[] {
  const { name, operation, table, columns, relations } = statement;
  const finding = (sqlState: string, column: string | null, message: string): Finding => ({
    verdict: "breaks",
    operation,
    table,
    column,
    sqlState,
    message,
  });
  const loseFunction = (one: string): Finding => {
    // One of the same name may take the same arguments by its defaults.
    const others = now.functionsNamed(one.replace(/\(.*$/, ""));
    const message = `${name}: the function ${one} is gone`;
    return others
      ? { ...finding("42883", null, message), verdict: "unknown", sqlState: null, settledBy: "plan" }
      : finding("42883", null, message);
  };
  const gone = relations.filter(
    (relation) => !now.table(relation) && !now.view(relation) && !now.sequence(relation) && isOurs(relation),
  );
  if (gone.length > 0) return gone.map((relation) => finding("42P01", null, `${name}: ${relation} is gone`));
  const lost = statement.functions.filter((one) => atHead.function(one) && !now.function(one));
  if (lost.length > 0) return lost.map((one) => loseFunction(one));
  const missing = columns.filter(
    (column) => !now.column(column) && (atHead.column(column) || isOfTable(column, relations, now)),
  );
  const loseColumn = (one: string): Finding => {
    const message = `${name}: the column ${one} is gone`;
    // A view's columns are no part of the catalog.
    return now.view(qualifierOf(one))
      ? { ...finding("42703", ownName(one), message), verdict: "unknown", sqlState: null, settledBy: "plan" }
      : finding("42703", ownName(one), message);
  };
  if (missing.length > 0) return missing.map(loseColumn);
  return judgeNames(statement, { now, atHead }).map((column) =>
    finding("42702", column, `${name}: ${column} is ambiguous, because a table got a column of this name`),
  );
}

const ownName = (column: string) => unquote(lastPart(column));

const isOurs = (relation: string) => !/^(?:pg_catalog|information_schema)\./.test(relation);

function isOfTable(column: string, relations: readonly string[], now: Subject["now"]): boolean {
  return relations.some((relation) => column.startsWith(`${relation}.`) && now.table(relation) !== undefined);
}

/** Unqualified names in a statement of the program's own that a new column of another table makes ambiguous. */
function judgeNames(
  { operation, sql, columns, relations }: RecordedStatement,
  { now, atHead }: Pick<Subject, "now" | "atHead">,
): string[] {
  // In a statement with subqueries a name may be of an inner query: the server tells.
  if (operation !== "call" || relations.length < 2 || (sql.match(/\bselect\b/gi) ?? []).length !== 1) return [];
  const known = new Set(columns.map(ownName));
  return relations
    .flatMap((relation) => now.columns(relation).filter(({ name }) => !atHead.column(name)))
    .map(shortName)
    .filter((name) => known.has(name) && isUnqualified(sql, name));
}

/** True where the SQL names a column without its table; what follows AS is a name that it gives. */
function isUnqualified(sql: string, name: string): boolean {
  const texts = tokenize(sql).tokens.map(({ kind, start, end }) => {
    const text = sql.slice(start, end);
    return kind === "word" ? text.toLowerCase() : kind === "identifier" ? unquote(text) : text;
  });
  return texts.some((text, at) => {
    const [before = "", after = ""] = [texts[at - 1], texts[at + 1]];
    return text === name && ![".", "as"].includes(before) && ![".", "("].includes(after);
  });
}
