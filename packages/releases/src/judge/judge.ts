import type { Catalog } from "@thedata/catalog";
import type { Contract, ContractTable, Operation } from "../contract/contract.ts";
import { judgeColumns } from "./columns.ts";
import { judgeDeletes } from "./deletes.ts";
import { type Finding, sortFindings } from "./finding.ts";
import { judgeHooks } from "./hooks.ts";
import { judgeStatement } from "./statements.ts";
import type { Subject } from "./subject.ts";
import { toSchema } from "./schema.ts";
import { judgeUniques } from "./uniques.ts";
import { judgeWrites } from "./writes.ts";

/**
 * What a release meets on a schema: pure, from its contract and the schema's catalog. Nothing found: it works as on
 * the schema that it was made for. Rows, rights and what other releases write are not looked at.
 */
export function judge(contract: Contract, catalog: Catalog): Finding[] {
  const [atHead, now] = [toSchema(contract.schema), toSchema(catalog)];
  const findings: Finding[] = [];
  for (const table of contract.tables) {
    const subject: Subject = { contract, table, atHead, now };
    const gone = judgePresence(subject);
    findings.push(...gone);
    if (gone.length > 0) continue;
    const judges = [judgeColumns, judgeWrites, judgeUniques, judgeDeletes, judgeHooks];
    findings.push(...judges.flatMap((one) => one(subject)));
  }
  const missing = new Set(findings.filter(({ sqlState }) => sqlState === "42P01").map(({ table }) => table));
  for (const statement of contract.statements.filter(({ table }) => !missing.has(table)))
    findings.push(...judgeStatement(statement, { contract, atHead, now }));
  return sortFindings(findings);
}

const all: readonly Operation[] = ["read", "filter", "insert", "update", "delete", "upsert"];

/** A table that is gone; a view in its place is for the server to judge. */
function judgePresence({ table: { table }, atHead, now }: Subject): Finding[] {
  if (now.table(table) || (atHead.view(table) && now.view(table))) return [];
  const message = now.view(table)
    ? `${table} is a view now: whether it takes writes, only the server can tell`
    : `The table ${table} is gone`;
  const verdict = now.view(table) ? "unknown" : "breaks";
  const sqlState = now.view(table) ? null : "42P01";
  return all.map((operation) => ({ verdict, operation, table, column: null, sqlState, message }));
}

/** The tables of a contract that a catalog has. */
export function presentTables({ tables }: Contract, catalog: Catalog): ContractTable[] {
  const schema = toSchema(catalog);
  return tables.filter(({ table }) => schema.table(table));
}
