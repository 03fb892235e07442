import type { EntityManager, MikroORM } from "@mikro-orm/core";
import type { Catalog, CatalogObject, Query } from "@thedata/catalog";
import type { Contract, RecordedStatement } from "../contract/contract.ts";
import { digestContract, sealContract } from "../contract/digest.ts";
import { relationKinds } from "../schema/arrange.ts";
import { fillsItself, isNotNull, type Schema, shortName, toSchema } from "../schema/schema.ts";
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
  const arranged = toSchema(schema, orm.config.getSchema(true) ?? (await findHome(query)));
  const tables = describeTables(orm, arranged);
  const recorder = createRecorder(orm);
  await recordOperations(orm, arranged, recorder);
  const unrecorded = await watchRepositories(orm, recorder, calls).finally(recorder.stop);
  const { statements: all, refused } = await readAll(query, recorder.sent, arranged);
  const statements = all.filter((statement) => isPossible(statement, arranged));
  const contract: Omit<Contract, "digest" | "seal"> = {
    format: 1,
    package: request.package,
    version: request.version,
    orm: request.ormVersion,
    head: request.head,
    tables,
    statements,
    unrecorded: [...unrecorded, ...refused].toSorted(),
    schema: ownSchema(
      schema,
      [...tables.map(({ table }) => table), ...statements.flatMap(({ relations }) => relations)],
      statements.flatMap(({ functions }) => functions),
    ),
  };
  const digested = { ...contract, digest: digestContract(contract) };
  return { ...digested, seal: sealContract(digested) };
}

/** The schema in which the session finds and makes what has none in its name. */
async function findHome(query: Query): Promise<string | undefined> {
  const [row] = await query<{ home: string | null }>("select current_schema() as home");
  return row?.home ?? undefined;
}

/**
 * Each statement once; `refused` are the program's own that the server cannot look into. An operation that it refuses,
 * such as an upsert by a key that is always generated, no program does.
 */
async function readAll(query: Query, sent: readonly SentStatement[], schema: Schema) {
  const once = new Map(sent.map((statement) => [`${statement.name} ${statement.sql}`, statement]));
  const statements: RecordedStatement[] = [];
  const refused: string[] = [];
  for (const statement of once.values()) {
    const read = await readStatement(query, statement, schema);
    if (read) statements.push(read);
    else if (statement.operation === "call" && !isTransaction(statement.sql)) refused.push(statement.name);
  }
  const sorted = statements.toSorted((a, b) => (`${a.name} ${a.sql}` < `${b.name} ${b.sql}` ? -1 : 1));
  return { statements: sorted, refused: [...new Set(refused)] };
}

function isTransaction(sql: string): boolean {
  return /^(?:begin|commit|rollback|savepoint|release|set )/i.test(sql);
}

/** False for a row that the schema refuses whatever its values: no program makes one. */
function isPossible({ operation, table, writes }: RecordedStatement, schema: Schema): boolean {
  if (table === null || !["insert", "upsert"].includes(operation)) return true;
  return schema.columns(table).every((one) => !isNotNull(one) || fillsItself(one) || writes.includes(shortName(one)));
}

/** The relations with all that belongs to them, the foreign keys that refer to them, their types and functions. */
function ownSchema(schema: Catalog, relations: readonly string[], called: readonly string[]): Catalog {
  const [mapped, functions] = [new Set(relations), new Set(called)];
  const own = schema.filter(
    ({ kind, name, table, properties }) =>
      (kind === "sequence" && mapped.has(name)) ||
      (relationKinds.has(kind) && (mapped.has(table ?? name) || mapped.has(String(properties["references"])))),
  );
  const text = own.map(({ properties }) => `${properties["type"]} ${properties["definition"]}`).join("\n");
  const isNamed = (name: string) => text.includes(name.replace(/\(.*$/, "").replace(/^public\./, ""));
  const isUsed = ({ kind, name }: CatalogObject) =>
    (kind === "function" && functions.has(name)) || (["enum", "domain", "function"].includes(kind) && isNamed(name));
  return [...own, ...schema.filter(isUsed)].map(withoutOwner);
}

/** Owner, grants and the order of columns differ between databases. */
function withoutOwner(object: CatalogObject): CatalogObject {
  const kept = Object.entries(object.properties).filter(([key]) => key !== "owner" && key !== "grants");
  return { ...object, position: 0, properties: Object.fromEntries(kept) };
}
