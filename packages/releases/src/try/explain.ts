import type { Catalog, Query } from "@thedata/catalog";
import type { Contract } from "../contract/contract.ts";
import { type Finding, sortFindings } from "../judge/finding.ts";
import { attempt } from "./attempt.ts";
import { changedStatements } from "./changed-statements.ts";
import { withConstants } from "./literal.ts";
import { refusalOf } from "./refusal.ts";

/**
 * Has the server plan each recorded statement that touches what has changed, as the session's role: what is gone, what
 * ON CONFLICT does not find, and which right is missing. Needs an open transaction, and changes nothing.
 */
export async function explainStatements(query: Query, contract: Contract, catalog: Catalog): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const statement of changedStatements(contract, catalog)) {
    const { error } = await attempt(query, `explain ${withConstants(statement)}`);
    if (error) findings.push(refusalOf(statement, error, { verdict: "breaks" }));
  }
  return sortFindings(findings);
}
