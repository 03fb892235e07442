import type { Action } from "./actions.ts";
import { actionsOf } from "./read-actions.ts";
import { parseStatements } from "./statement.ts";

/** The actions of a statement, and behind a DO those of the SQL that it executes as a whole text. */
export function opaqueActions(actions: readonly Action[]): Action[] {
  return actions.flatMap((action) => (action.do === "do" ? [action, ...literalActions(action.code ?? "")] : [action]));
}

/** What the texts behind EXECUTE do, where they are whole constants. */
function literalActions(code: string): Action[] {
  const literals = [...code.matchAll(/\bexecute\s+'((?:[^']|'')*)'\s*;/gi)].map(([, text = ""]) =>
    text.replaceAll("''", "'"),
  );
  return literals.flatMap((text) => parseStatements([text]).flatMap(({ node }) => (node ? actionsOf(node) : [])));
}
