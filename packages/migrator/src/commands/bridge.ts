import { readFile, writeFile } from "node:fs/promises";
import { applyRename, type Catalog, type Drift, findDrift, readCatalog, renameStatement } from "@thedata/catalog";
import { findTransactionControl, shorten, splitCommands } from "@thedata/catalog/sql";
import type { Query } from "@thedata/catalog";
import { parseRename, resolveRename } from "../create/given-renames.ts";
import { ConfigurationError, MigrationFailedError, RefusedError } from "../errors.ts";
import { terminate } from "../postgres/terminate.ts";
import { connect } from "../postgres/connection.ts";
import { type ShadowOptions, withShadow } from "../shadow/shadow.ts";
import { scopeOf } from "../ledger/catalog-scope.ts";
import type { LedgerTable } from "../ledger/tables.ts";

/** A file of SQL that brings a live schema to that of the history, and keeps its rows except for `losses`. */
export interface Bridge {
  readonly file: string;
  /** What was written; null: the file was there and was run. */
  readonly statements: readonly string[] | null;
  /** What the statements lose, in words. */
  readonly losses: readonly string[];
}

/**
 * Reads the statements of a bridge; undefined where there is no such file yet. Throws a `ConfigurationError` for a
 * command that begins or ends a transaction.
 */
export async function readBridge(file: string): Promise<readonly string[] | undefined> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new ConfigurationError(`The bridge ${file} cannot be read: ${error.message}`, { cause: error });
  });
  if (text === undefined) return undefined;
  const control = findTransactionControl(text);
  if (control)
    throw new ConfigurationError(
      `The bridge ${file} sends "${control.sql}", but it runs in one transaction with the record of the baseline: remove that command`,
    );
  return splitCommands(text).map(({ sql }) => sql);
}

/** The schemas that a bridge leads from and to, and its renames: `users.mail=email`, `users=people`. */
interface Ends {
  readonly live: Catalog;
  readonly expected: Catalog;
  readonly ledger: LedgerTable;
  readonly renames: readonly string[];
}

/** Applies the given renames first, because the other differences depend on them. */
function findWay(live: Catalog, expected: Catalog, renames: readonly string[]): Drift[] {
  let renamed = live;
  const given = renames.map((text): Drift => {
    const rename = resolveRename(parseRename(text), renamed, expected, new Map());
    if (!rename)
      throw new ConfigurationError(
        `--rename ${text} names no pair: OLD must exist only in the live schema, NEW only in the migrations`,
      );
    renamed = applyRename(renamed, rename);
    const message = `${rename.kind} ${shorten(rename.from)} is ${shorten(rename.to)}`;
    return { kind: rename.kind, name: rename.from, message, statements: [renameStatement(rename)] };
  });
  return [...given, ...findDrift(expected, renamed)];
}

/**
 * Writes the bridge from the schema `live` to `expected`, after a test on a copy in a shadow database. Throws a
 * `RefusedError` that names the remaining differences where the bridge does not lead to `expected`.
 */
export async function writeBridge(
  file: string,
  { live, expected, ledger, renames }: Ends,
  shadow: ShadowOptions,
): Promise<Bridge> {
  const drift = findWay(live, expected, renames);
  const statements = drift.flatMap((one) => one.statements);
  await withShadow(shadow, async (dsn) => await tryOut(dsn, live, expected, statements, ledger));
  const losses = drift.filter(isLoss).map(({ message }) => message);
  await writeFile(file, render(drift), { flag: "wx", flush: true }).catch((cause: Error) => {
    throw new ConfigurationError(`The bridge ${file} cannot be written: ${cause.message}`, { cause });
  });
  return { file, statements, losses };
}

async function tryOut(
  dsn: string,
  live: Catalog,
  expected: Catalog,
  statements: readonly string[],
  ledger: LedgerTable,
): Promise<void> {
  const { query, close } = await connect(dsn, "migrator bridge");
  try {
    const empty = await readCatalog(query, scopeOf(ledger));
    for (const sql of findDrift(live, empty).flatMap((one) => one.statements)) await query(sql);
    await query("begin");
    for (const sql of statements) await send(query, sql, "on a copy of the schema");
    await query("commit");
    refuseRest(findDrift(expected, await readCatalog(query, scopeOf(ledger))));
  } finally {
    await close();
  }
}

/** Runs a bridge inside the caller's transaction. Throws a `MigrationFailedError` where a statement fails. */
export async function crossBridge(query: Query, statements: readonly string[]): Promise<void> {
  for (const sql of statements) await send(query, sql, "and all of it was rolled back");
}

/** Throws a `RefusedError` that names every difference, where there is one. */
export function refuseRest(rest: readonly Drift[]): void {
  if (rest.length === 0) return;
  const list = rest.map(({ message }) => `  ${message}`).join("\n");
  throw new RefusedError(`The bridge leads to a different schema than the migrations:\n${list}`);
}

async function send(query: Query, sql: string, where: string): Promise<void> {
  await query(sql).catch((cause: Error & { readonly code?: string }) => {
    const failed = { migration: "bridge", statement: sql, number: null, total: null, sqlState: cause.code ?? null };
    throw new MigrationFailedError(
      `The bridge fails at "${sql.slice(0, 120)}" ${where}: ${cause.message}`,
      { ...failed, position: null, detail: null, hint: null },
      { cause },
    );
  });
}

/** True for a dropped table or column, whose data is lost. */
function isLoss({ kind, statements }: Drift): boolean {
  return (kind === "table" || kind === "column") && statements.some((sql) => /\bdrop (table|column)\b/i.test(sql));
}

function render(drift: readonly Drift[]): string {
  const parts = drift.map((one) => {
    const loss = isLoss(one)
      ? "\n-- This loses its data. If it was renamed, delete this file and use --rename OLD=NEW"
      : "";
    return `-- ${one.message}${loss}\n${one.statements.map(terminate).join("\n")}`;
  });
  return `${head}\n\n${parts.join("\n\n")}\n`;
}

const head = `-- Brings this database to the schema that the migrations make. It was tried out on a copy of the schema. Read it, change
-- it where you know better, and run the same command again: it runs in one transaction with the record of the
-- baseline, and only if the schema is the expected one afterwards.`;
