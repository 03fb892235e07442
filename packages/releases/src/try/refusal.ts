import type { RecordedStatement } from "../contract/contract.ts";
import type { Finding } from "../judge/finding.ts";

/** An error of the server. */
export type ServerError = Error & { readonly code?: string; readonly constraint?: string | undefined };

const words: Readonly<Record<string, string>> = {
  "22001": "a value is too long",
  "22003": "a value is out of range",
  "22P02": "a value is none of the column's type",
  "23502": "a column takes no null",
  "23503": "a foreign key refuses it",
  "23505": "a unique constraint refuses it",
  "23514": "a check refuses it",
  "23P01": "an exclusion refuses it",
  "42501": "the role lacks a right",
  "42601": "it has too many or too few values",
  "42702": "a name is ambiguous",
  "42703": "a column is gone",
  "42804": "a type does not fit",
  "42883": "there is no such function or operator",
  "42P01": "a relation is gone",
  "42P10": "ON CONFLICT finds no unique of its columns",
  "428C9": "a generated column takes no value",
  "55000": "the view takes no writes",
};

/** The finding of a statement that the server refuses, in words that do not differ between servers and their languages. */
export function refusalOf(
  { name, operation, table, assumed }: RecordedStatement,
  { code }: ServerError,
  { verdict: given, more = "" }: { readonly verdict: "breaks" | "depends"; readonly more?: string },
): Finding {
  const verdict = assumed ? "depends" : given;
  // RESTRICT has a state of its own since PostgreSQL 18.
  const sqlState = code === "23001" ? "23503" : (code ?? null);
  const why = words[sqlState ?? ""] ?? "the server refuses it";
  return { verdict, operation, table: table ?? name, column: null, sqlState, message: `${name}: ${why}${more}` };
}
