import { createHash } from "node:crypto";
import type { Catalog, CatalogObject } from "@thedata/catalog";
import type { Contract, ContractTable, Operation, RecordedStatement } from "../contract/contract.ts";
import { judgeColumns } from "./columns.ts";
import { judgeDeletes } from "./deletes.ts";
import { type Finding, sortFindings } from "./finding.ts";
import { judgeHooks } from "./hooks.ts";
import { type Schema, toSchema } from "./schema.ts";
import { judgeStatement } from "./statements.ts";
import type { Subject } from "./subject.ts";
import { judgeUniques } from "./uniques.ts";
import { judgeWrites } from "./writes.ts";

/**
 * What a release meets on a schema: pure, from its contract and the schema's catalog. Nothing found: it works as on
 * the schema that it was made for. Rows, rights and what other releases write are not looked at.
 */
export function judge(contract: Contract, catalog: Catalog): Finding[] {
  return createJudge(contract)(catalog);
}

/** Judges one contract on many schemas; a table that does not change from one to the next is judged once. */
export function createJudge(contract: Contract): (catalog: Catalog) => Finding[] {
  const atHead = toSchema(contract.schema);
  const parts = partsOf(contract);
  const known = new Map<string, Finding[]>();
  return (catalog) => {
    const { schema: now, stateOf } = arrange(catalog);
    const findings = parts.flatMap((part, index) => {
      const key = `${index} ${part.relations.map(stateOf).join()}`;
      const found = known.get(key) ?? judgePart(part, { contract, atHead, now });
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
  const gone = subject ? judgePresence(subject) : [];
  if (gone.length > 0) return gone;
  const judges = [judgeColumns, judgeWrites, judgeUniques, judgeDeletes, judgeHooks];
  return [
    ...(subject ? judges.flatMap((one) => one(subject)) : []),
    ...statements.flatMap((statement) => judgeStatement(statement, given)),
  ];
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

interface Arranged {
  readonly schema: Schema;
  /** A digest of a table or view with all that belongs to it. */
  readonly contentOf: (relation: string) => string;
  /** The same with the types and functions of the schema. */
  readonly stateOf: (relation: string) => string;
}

// A history's catalogs are judged for each release.
const arranged = new WeakMap<Catalog, Arranged>();

function arrange(catalog: Catalog): Arranged {
  const before = arranged.get(catalog);
  if (before) return before;
  const shared = digestOf(catalog.filter(({ kind }) => ["enum", "domain", "function"].includes(kind)));
  const objects = new Map<string, CatalogObject[]>();
  for (const object of catalog) {
    const { kind, table, name, properties } = object;
    const owner = kind === "table" || kind === "view" ? name : table;
    for (const relation of new Set([owner, properties["references"]]))
      if (relation !== null && relation !== undefined) push(objects, String(relation), object);
  }
  const states = new Map<string, string>();
  const contentOf = (relation: string) => {
    const state = states.get(relation) ?? digestOf(objects.get(relation) ?? []);
    states.set(relation, state);
    return state;
  };
  const made = {
    schema: toSchema(catalog),
    contentOf,
    stateOf: (relation: string) => `${contentOf(relation)}${shared}`,
  };
  arranged.set(catalog, made);
  return made;
}

function push(lists: Map<string, CatalogObject[]>, key: string, object: CatalogObject): void {
  const list = lists.get(key);
  if (list) list.push(object);
  else lists.set(key, [object]);
}

function digestOf(objects: Catalog): string {
  const content = objects.map(({ kind, name, properties: { owner: _owner, grants: _grants, ...properties } }) => [
    kind,
    name,
    properties,
  ]);
  const text = JSON.stringify(
    content.toSorted(([a, b], [c, d]) => (`${String(a)} ${String(b)}` < `${String(c)} ${String(d)}` ? -1 : 1)),
  );
  return createHash("sha1").update(text).digest("base64");
}
