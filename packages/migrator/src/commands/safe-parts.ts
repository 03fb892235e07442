import { type Catalog, findDrift, fingerprint, readCatalog } from "@thedata/catalog";
import { lastPart, partsOf, shorten, unquote } from "@thedata/catalog/sql";
import type { Describe, SafePart } from "@thedata/safety";
import { ConfigurationError } from "../errors.ts";
import type { LedgerTable } from "../ledger/tables.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";
import { rowless } from "../models/find-difference.ts";
import type { Query } from "../postgres/connection.ts";
import { inTransaction } from "../postgres/transaction.ts";
import type { Change } from "../create/find-change.ts";

/** One migration of a safe sequence, whose both directions were run on a shadow. */
export interface ProvenPart extends SafePart {
  readonly down: readonly string[];
  readonly before: Catalog;
  readonly after: Catalog;
}

/**
 * Splits a change into migrations that keep readers and writers of live tables waiting for moments only. Undefined: it
 * is safe as it is.
 */
export async function planSafely({
  up,
  before,
}: Pick<Change, "up" | "before">): Promise<readonly SafePart[] | undefined> {
  const { loadParser, schemaOf, splitSafely } = await import("@thedata/safety").catch((cause: unknown) => {
    throw new ConfigurationError(
      "The safe form needs a package: npm install @thedata/safety, or ask for the direct one",
      {
        cause,
      },
    );
  });
  await loadParser();
  return splitSafely(up, schemaOf(before), describeColumns(before));
}

/** Finds columns of a catalog by the names of table and column without quotes. */
function describeColumns(catalog: Catalog): Describe {
  const plain = (name: string | null) =>
    partsOf(name ?? "")
      .map(unquote)
      .join(".");
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  const parts = Map.groupBy(catalog, ({ kind, table }) => `${kind} ${plain(table)}`);
  const definitions = (kind: string, table: string) =>
    new Map(
      (parts.get(`${kind} ${table}`) ?? []).map(
        ({ name, properties }) => [unquote(lastPart(name)), text(properties["definition"]) ?? ""] as const,
      ),
    );
  return (table, column) => {
    const found = parts.get(`column ${table}`)?.find(({ name }) => plain(name) === `${table}.${column}`);
    if (!found) return undefined;
    const { type, default: value } = found.properties;
    return {
      type: text(type) ?? "",
      default: text(value),
      indexes: definitions("index", table),
      constraints: definitions("constraint", table),
    };
  };
}

/**
 * Runs the parts on a shadow that stands where the change begins, finds the way back of each by the catalogs, and runs
 * those too. Undefined where the parts end in another schema than the change, or a way back does not restore.
 */
export async function proveParts(
  query: Query,
  ledger: LedgerTable,
  parts: readonly SafePart[],
  { after: end }: Pick<Change, "after">,
): Promise<readonly ProvenPart[] | undefined> {
  const read = async () => await readCatalog(query, scopeOf(ledger));
  const proven: ProvenPart[] = [];
  let before = await read();
  for (const part of parts) {
    if (!(await succeeds(query, part.statements, part.transactional))) return undefined;
    const after = await read();
    const down = part.down ?? findDown(before, after, part.transactional);
    if (!down) return undefined;
    proven.push({ ...part, down, before, after });
    before = after;
  }
  if (fingerprint(before) !== fingerprint(end)) return undefined;
  for (const part of proven.toReversed()) {
    if (!(await succeeds(query, part.down, part.transactional))) return undefined;
    if (fingerprint(await read()) !== fingerprint(part.before)) return undefined;
  }
  return proven;
}

/** Runs statements; false where the server refuses one. */
async function succeeds(query: Query, statements: readonly string[], transactional: boolean): Promise<boolean> {
  return await run(query, statements, transactional).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && "code" in error) return false;
      throw error;
    },
  );
}

async function run(query: Query, statements: readonly string[], transactional: boolean): Promise<void> {
  const send = async () => {
    for (const statement of statements) await query(statement);
  };
  await (transactional ? inTransaction({ query }, send) : send());
}

/** The statements from `after` to `before`; undefined where something cannot be restored. */
function findDown(before: Catalog, after: Catalog, transactional: boolean): string[] | undefined {
  const statements = findDrift(before, after, "", rowless).flatMap((drift) => drift.statements);
  if (statements.some((sql) => sql.startsWith("--"))) return undefined;
  return statements.map(shorten).map((sql) => (transactional ? sql : concurrently(sql)));
}

function concurrently(sql: string): string {
  return sql.replace(/^(create (?:unique )?index|drop index) /i, "$1 concurrently ");
}
