import type { Catalog } from "@thedata/catalog";
import { lastPart } from "@thedata/catalog/sql";
import type { Contract, ContractTable, Operation, RecordedStatement } from "../contract/contract.ts";
import { arrange } from "../schema/arrange.ts";
import { judgeColumns } from "./columns.ts";
import { judgeDeletes } from "./deletes.ts";
import { type Finding, sortFindings } from "./finding.ts";
import { judgeHooks } from "./hooks.ts";
import type { Schema } from "../schema/schema.ts";
import { judgeStatement } from "./statements.ts";
import type { Side, Subject } from "./subject.ts";
import { judgeUniques } from "./uniques.ts";
import { judgeWrites } from "./writes.ts";

/**
 * What a release meets on a schema: pure, from its contract and the schema's catalog. Nothing found: it works as on
 * the schema that it was made for. Rows, rights and what other releases write are not looked at.
 */
export function judge(contract: Contract, catalog: Catalog, side: Side = "later"): Finding[] {
  return createJudge(contract)(catalog, side);
}

/** Judges one contract on many schemas; a table that does not change from one to the next is judged once. */
export function createJudge(contract: Contract): (catalog: Catalog, side: Side) => Finding[] {
  const atHead = arrange(contract.schema);
  const parts = partsOf(contract);
  const known = new Map<string, Finding[]>();
  return (catalog, side) => {
    const now = arrange(catalog);
    const findings = parts.flatMap((part, index) => {
      const key = `${index} ${side} ${part.relations.map(now.stateOf).join()}`;
      const found = known.get(key) ?? judgePart(part, { contract, atHead, now, side });
      known.set(key, found);
      return found;
    });
    return sortFindings([...findings, ...judgeUnrecorded(contract, catalog)]);
  };
}

/** What nobody recorded may mind any change of the tables that the release maps. */
function judgeUnrecorded({ unrecorded, tables, schema }: Contract, catalog: Catalog): Finding[] {
  if (unrecorded.length === 0) return [];
  const [atHead, now] = [arrange(schema), arrange(catalog)];
  if (tables.every(({ table }) => atHead.contentOf(table) === now.contentOf(table))) return [];
  return unrecorded.map((name) => ({
    verdict: "unknown",
    operation: "call",
    table: name,
    column: null,
    sqlState: null,
    message: `${name} was not recorded: call it in "releases.calls" of the configuration before the next release`,
  }));
}

/** What is judged at once: a table with the statements about it, or a statement of the program's own. */
interface Part {
  readonly table: ContractTable | undefined;
  readonly statements: readonly RecordedStatement[];
  /** All that the judgement looks at. */
  readonly relations: readonly string[];
}

function partsOf({ tables, statements }: Contract): Part[] {
  const byTable = Map.groupBy(statements, ({ table }) => table);
  const ofTables = tables.map((table): Part => {
    const own = byTable.get(table.table) ?? [];
    return { table, statements: own, relations: relationsOf(own, [table.table]) };
  });
  const calls = (byTable.get(null) ?? []).map((statement): Part => ({
    table: undefined,
    statements: [statement],
    relations: relationsOf([statement], []),
  }));
  return [...ofTables, ...calls];
}

function relationsOf(statements: readonly RecordedStatement[], own: readonly string[]): string[] {
  return [...new Set([...own, ...statements.flatMap(({ relations }) => relations)])];
}

function judgePart({ table, statements }: Part, given: Omit<Subject, "table">): Finding[] {
  const subject = table && { ...given, table };
  if (subject && given.atHead.view(subject.table.table)) return judgeView(subject);
  const gone = subject ? judgePresence(subject) : [];
  if (gone.length > 0) return gone;
  const judges = [judgeColumns, judgeWrites, judgeUniques, judgeDeletes, judgeHooks];
  return [
    ...(subject ? judges.flatMap((one) => one(subject)) : []),
    ...statements.flatMap((statement) => judgeStatement(statement, given)),
    ...(subject ? [] : judgeCalls(statements, given)),
  ];
}

/** SQL of the program's own over tables that have changed: only running it tells. */
function judgeCalls(statements: readonly RecordedStatement[], { now, atHead }: Omit<Subject, "table">): Finding[] {
  const changed = ({ relations }: RecordedStatement) =>
    relations.filter((relation) => atHead.contentOf(relation) !== now.contentOf(relation));
  return statements.flatMap((statement) => {
    const [relation] = changed(statement);
    if (relation === undefined) return [];
    const message = `${statement.name}: ${relation} has changed, and only running the statement tells whether it works`;
    const settledBy = "plan";
    return [
      {
        verdict: "unknown",
        operation: "call",
        table: statement.name,
        column: null,
        sqlState: null,
        message,
        settledBy,
      },
    ];
  });
}

const all: readonly Operation[] = ["read", "filter", "insert", "update", "delete", "upsert"];

/** A view that an entity maps: its definition tells the columns, and only the server reads that. */
function judgeView({ contract, table: { table }, atHead, now }: Subject): Finding[] {
  const found = now.view(table) ?? now.table(table);
  if (found && atHead.contentOf(table) === now.contentOf(table)) return [];
  const verdict = found ? "unknown" : "breaks";
  const message = found ? `The view ${table} has another definition` : `The view ${table} is gone`;
  const sqlState = found ? null : "42P01";
  const operations = contract.statements.filter((one) => one.table === table).map(({ operation }) => operation);
  return operations.map((operation) => ({ verdict, operation, table, column: null, sqlState, message }));
}

/** A table that is gone; what is a view now, or elsewhere, is for the server to judge. */
function judgePresence({ table: { table, entities }, now }: Subject): Finding[] {
  if (now.table(table)) return [];
  const absence = describeAbsence(table, now);
  // A relation's own table is read and written with the entities, never by itself.
  const operations = entities.length > 0 ? all : (["read", "insert", "update", "upsert"] as const);
  return operations.map((operation) => ({ ...absence, operation, table, column: null }));
}

function describeAbsence(table: string, now: Schema): Pick<Finding, "verdict" | "sqlState" | "message" | "settledBy"> {
  const unknown = { verdict: "unknown", sqlState: null, settledBy: "plan" } as const;
  if (now.view(table))
    return { ...unknown, message: `${table} is a view now: whether it takes writes, only the server can tell` };
  const elsewhere = now.tableNamed(lastPart(table));
  if (elsewhere)
    return {
      ...unknown,
      message: `${table} is ${elsewhere.name} now: whether the role finds it, its search_path says`,
    };
  return { verdict: "breaks", sqlState: "42P01", message: `The table ${table} is gone` };
}
