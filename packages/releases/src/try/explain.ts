import type { Catalog, Query } from "@thedata/catalog";
import type { Contract, RecordedParameter, RecordedStatement } from "../contract/contract.ts";
import { familyOf } from "../schema/family.ts";
import { arrange } from "../schema/arrange.ts";
import { type Finding, sortFindings } from "../judge/finding.ts";
import { attempt } from "./attempt.ts";
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

/** The statements over relations that are not what they were when the contract was made. */
export function changedStatements(contract: Contract, catalog: Catalog): readonly RecordedStatement[] {
  const [atHead, now] = [arrange(contract.schema), arrange(catalog)];
  return contract.statements.filter(({ relations, functions }) =>
    [
      relations.some((relation) => atHead.contentOf(relation) !== now.contentOf(relation)),
      functions.some(
        (one) => atHead.function(one)?.properties["definition"] !== now.function(one)?.properties["definition"],
      ),
    ].some(Boolean),
  );
}

/** The statement with constants as MikroORM writes them: numbers and booleans as they are, all else in quotes. */
export function withConstants({ sql, parameters }: Pick<RecordedStatement, "sql" | "parameters">): string {
  return sql.replace(/\$(\d+)/g, (_, number: string) => constantOf(parameters[Number(number) - 1]));
}

function constantOf(parameter: RecordedParameter | undefined): string {
  if (!parameter) return "null";
  const { type, value } = parameter;
  const family = familyOf(type);
  if (family === "number" || family === "numeric") return value ?? "1";
  return family === "boolean" ? (value ?? "true") : literalOf(type, value);
}

/** A value as MikroORM writes it: numbers and booleans as they are, all else in quotes. */
export function literalOf(type: string, value: string | null): string {
  if (value === null) return "null";
  const family = familyOf(type);
  const isNumber = (family === "number" || family === "numeric") && /^-?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i.test(value);
  const isBare = isNumber || (family === "boolean" && /^(?:true|false)$/.test(value));
  return isBare ? value : `'${value.replaceAll("'", "''")}'`;
}
