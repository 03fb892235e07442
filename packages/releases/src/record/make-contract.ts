import type { EntityManager, MikroORM } from "@mikro-orm/core";
import type { Catalog, CatalogObject, Query } from "@thedata/catalog";
import type { Contract, ContractTable, RecordedStatement } from "../contract/contract.ts";
import { digestContract } from "../contract/digest.ts";
import { describeTables } from "./describe-tables.ts";
import { readStatement } from "./read-statement.ts";
import { recordOperations } from "./record-operations.ts";
import { createRecorder, type SentStatement } from "./recorder.ts";
import { watchRepositories } from "./watch-repositories.ts";

export interface ContractRequest {
  /** The release's models, open on a database with the schema that they are for; its rows do not matter. */
  readonly orm: MikroORM;
  /** A session on the same database, inside a transaction that is rolled back afterwards. */
  readonly query: Query;
  /** The schema of that database. */
  readonly schema: Catalog;
  readonly package: string;
  readonly version: string;
  /** MikroORM's version. */
  readonly ormVersion: string;
  /** The newest migration. */
  readonly head: string;
  /** Calls what the entities' own operations do not show: repositories' methods, SQL of the program. */
  readonly calls?: ((em: EntityManager) => Promise<unknown>) | undefined;
}

/** Makes the contract of a release: describes its entities and records what MikroORM sends for them. */
export async function makeContract(request: ContractRequest): Promise<Contract> {
  const { orm, schema, query, calls } = request;
  const tables = describeTables(orm, schema);
  const recorder = createRecorder(orm);
  await recordOperations(orm, schema, recorder);
  const unrecorded = await watchRepositories(orm, recorder, calls);
  const { statements, refused } = await readAll(query, recorder.sent);
  const contract: Omit<Contract, "digest"> = {
    format: 1,
    package: request.package,
    version: request.version,
    orm: request.ormVersion,
    head: request.head,
    tables,
    statements,
    unrecorded: [...unrecorded, ...refused].toSorted(),
    schema: ownSchema(schema, tables),
  };
  return { ...contract, digest: digestContract(contract) };
}

/**
 * Each statement once; `refused` are the program's own that the server cannot look into. An operation that it refuses,
 * such as an upsert by a key that is always generated, no program does.
 */
async function readAll(query: Query, sent: readonly SentStatement[]) {
  const once = new Map(sent.map((statement) => [`${statement.name} ${statement.sql}`, statement]));
  const statements: RecordedStatement[] = [];
  const refused: string[] = [];
  for (const statement of once.values()) {
    const read = await readStatement(query, statement);
    if (read) statements.push(read);
    else if (statement.operation === "call" && !isTransaction(statement.sql)) refused.push(statement.name);
  }
  const sorted = statements.toSorted((a, b) => (`${a.name} ${a.sql}` < `${b.name} ${b.sql}` ? -1 : 1));
  return { statements: sorted, refused: [...new Set(refused)] };
}

function isTransaction(sql: string): boolean {
  return /^(?:begin|commit|rollback|savepoint|release|set )/i.test(sql);
}

const parts = new Set(["table", "view", "column", "constraint", "index", "trigger", "policy", "rule"]);

/** The mapped tables with all that belongs to them, the foreign keys that refer to them, their types and functions. */
export function ownSchema(schema: Catalog, tables: readonly ContractTable[]): Catalog {
  const mapped = new Set(tables.map(({ table }) => table));
  const own = schema.filter(
    ({ kind, name, table, properties }) =>
      parts.has(kind) && (mapped.has(table ?? name) || mapped.has(String(properties["references"]))),
  );
  const text = own.map(({ properties }) => `${properties["type"]} ${properties["definition"]}`).join("\n");
  const isUsed = ({ kind, name }: CatalogObject) =>
    ["enum", "domain", "function"].includes(kind) && text.includes(name.replace(/\(.*$/, "").replace(/^public\./, ""));
  return [...own, ...schema.filter(isUsed)].map(withoutOwner);
}

/** Owner, grants and the order of columns differ between databases. */
function withoutOwner(object: CatalogObject): CatalogObject {
  const kept = Object.entries(object.properties).filter(([key]) => key !== "owner" && key !== "grants");
  return { ...object, position: 0, properties: Object.fromEntries(kept) };
}
