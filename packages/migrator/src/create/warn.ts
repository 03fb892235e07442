import { type Catalog, type CatalogObject, isGuard } from "@thedata/catalog";
import { lastPart, partsOf, readList, shorten, tokenize, unquote } from "@thedata/catalog/sql";
import {
  type ClauseNode,
  type ColumnNode,
  type ConstraintNode,
  type RelationNode,
  type StatementNode,
  wordsOf,
} from "./parse-tree.ts";
import { warnOfType } from "./warn-of-type.ts";

/** What a person must know of a statement before it runs on a database that has rows. */
export interface Warning {
  /** In plain words, and what to do about it. */
  readonly message: string;
  readonly statement: string;
  /** The table or column that the statement drops, if that is what it does: `users.note`. */
  readonly drops?: string;
}

/** The schema before and after the statements. */
export interface CatalogPair {
  readonly before: Catalog;
  readonly after: Catalog;
}

/** Finds what each statement may lose, or fail on. A statement that cannot be parsed is skipped. */
export async function findWarnings(statements: readonly string[], catalogs: CatalogPair): Promise<Warning[]> {
  // A parser of 1 MB, loaded only where it is needed.
  const { parse } = await import("libpg-query");
  const warnings: Warning[] = [];
  for (const [index, statement] of statements.entries()) {
    // The warning about a type change is placed above the guard before it.
    const before = statements[index - 1];
    const above = before !== undefined && isGuard(before) ? before : statement;
    const { stmts = [] } = (await parse(statement).catch(() => ({}))) as {
      stmts?: { stmt: StatementNode }[];
    };
    const found = stmts.flatMap(({ stmt }) => warnOf(stmt, catalogs));
    warnings.push(...found.map((finding) => ({ ...finding, statement: above })));
  }
  return warnings;
}

type Finding = Omit<Warning, "statement">;

function warnOf({ DropStmt, IndexStmt, AlterTableStmt }: StatementNode, catalogs: CatalogPair): Finding[] {
  if (DropStmt) return warnOfDrop(DropStmt);
  if (IndexStmt) return warnOfIndex(IndexStmt, catalogs).map((message) => ({ message }));
  if (AlterTableStmt?.objtype !== "OBJECT_TABLE") return [];
  const table = findTable(catalogs.before, AlterTableStmt.relation);
  if (!table) return [];
  return AlterTableStmt.cmds.flatMap(({ AlterTableCmd }) => warnOfClause(AlterTableCmd, table, catalogs));
}

function warnOfDrop({ removeType, objects, behavior }: NonNullable<StatementNode["DropStmt"]>): Finding[] {
  if (removeType !== "OBJECT_TABLE") return [];
  const more = behavior === "DROP_CASCADE" ? ", and everything that depends on it" : "";
  return objects.map(({ List }) => {
    const drops = shorten(wordsOf(List.items).join("."));
    return { drops, message: `drops ${drops} and all of its rows${more}` };
  });
}

function warnOfIndex(
  { unique, relation, indexParams, idxname }: NonNullable<StatementNode["IndexStmt"]>,
  { before }: CatalogPair,
): string[] {
  const table = unique && findTable(before, relation);
  if (!table) return [];
  const columns = indexParams.map(({ IndexElem }) => IndexElem.name ?? "");
  return [warnOfTwins(table, columns.every(Boolean) ? columns : [], idxname)];
}

function warnOfTwins(table: CatalogObject, columns: readonly string[], name = "it"): string {
  const what = columns.length > 0 ? `the same ${columns.join(", ")}` : `the same value for ${name}`;
  return `fails while two rows of ${shorten(table.name)} have ${what}: fix those rows first`;
}

function warnOfClause(clause: ClauseNode, table: CatalogObject, catalogs: CatalogPair): Finding[] {
  const called = `${shorten(table.name)}.${clause.name ?? ""}`;
  if (clause.subtype === "AT_DropColumn") return [{ drops: called, message: `drops ${called} and its data` }];
  return warnOfChange(clause, called, table, catalogs).map((message) => ({ message }));
}

function warnOfChange(
  { subtype, name = "", def = {} }: ClauseNode,
  called: string,
  table: CatalogObject,
  catalogs: CatalogPair,
): string[] {
  const column = findColumn(catalogs.before, table, name);
  if (subtype === "AT_SetNotNull") return column ? [warnOfNull(table, called, lastPart(column.name))] : [];
  if (subtype === "AT_AlterColumnType") return warnOfType(called, column, findColumn(catalogs.after, table, name));
  if (def.ColumnDef) return warnOfColumn(def.ColumnDef, table);
  return def.Constraint ? warnOfConstraint(def.Constraint, table, catalogs) : [];
}

function warnOfNull(table: CatalogObject, called: string, name: string): string {
  return `${called} becomes NOT NULL, which fails while a row has null: fill those first, such as by update ${shorten(table.name)} set ${name} = … where ${name} is null`;
}

const filling = new Set(["CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"]);

function warnOfColumn({ colname, typeName, constraints = [] }: ColumnNode, table: CatalogObject): string[] {
  // PostgreSQL fills serial columns from their sequence.
  if (/^(small|big)?serial[248]?$/.test(wordsOf(typeName?.names ?? []).at(-1) ?? "")) return [];
  const types = constraints.map(({ Constraint }) => Constraint.contype);
  const required = types.some((type) => type === "CONSTR_NOTNULL" || type === "CONSTR_PRIMARY");
  if (!required || types.some((type) => filling.has(type))) return [];
  return [
    `${shorten(table.name)}.${colname} is new, NOT NULL and without a default, which fails while the table has rows: give it a default, or add it as nullable, fill it, and then set it not null`,
  ];
}

function warnOfConstraint(
  { contype, keys = [], conname = "" }: ConstraintNode,
  table: CatalogObject,
  catalogs: CatalogPair,
): string[] {
  if (contype === "CONSTR_UNIQUE" || contype === "CONSTR_PRIMARY")
    return keys.length > 0 ? [warnOfTwins(table, wordsOf(keys), conname)] : [];
  if (contype !== "CONSTR_CHECK" || isNew(table, conname, catalogs) || widens(table, conname, catalogs)) return [];
  return [`fails while a row of ${shorten(table.name)} breaks ${conname}: fix those rows first`];
}

/** True for a check of new columns alone: every row passes it, or the column could not have been added. */
function isNew(table: CatalogObject, name: string, { before, after }: CatalogPair): boolean {
  const columns = findCheck(after, table, name)?.properties["columns"];
  return Array.isArray(columns) && columns.every((column: string) => !findColumn(before, table, column));
}

/** True for a list of allowed values that only grew, in a check that is otherwise the same. */
function widens(table: CatalogObject, name: string, { before, after }: CatalogPair): boolean {
  const [old, next] = [before, after].map((catalog) =>
    readAllowed(String(findCheck(catalog, table, name)?.properties["definition"] ?? "")),
  );
  if (!old || !next || old.around !== next.around) return false;
  return old.values.every((value) => next.values.includes(value));
}

/** Reads `CHECK (role = ANY (ARRAY['a', 'b']))`, as PostgreSQL writes it: the values, and the text around them. */
function readAllowed(definition: string): { values: readonly string[]; around: string } | undefined {
  const head = /= ANY \(+ARRAY\[/.exec(definition);
  if (!head) return undefined;
  const from = head.index + head[0].length;
  const { parts, end } = readList(definition, from);
  const values = parts.flatMap((part) => findStrings(part));
  const around = definition.slice(0, head.index) + definition.slice(end);
  return values.length === parts.length && !/'|\b(NOT|ARRAY)\b/.test(around) ? { values, around } : undefined;
}

function findStrings(sql: string): string[] {
  const strings = tokenize(sql).tokens.filter(({ kind }) => kind === "string");
  return strings.map(({ start, end }) => sql.slice(start, end));
}

function findCheck(catalog: Catalog, table: CatalogObject, name: string): CatalogObject | undefined {
  return catalog.find(
    (object) => object.kind === "constraint" && object.table === table.name && unquote(lastPart(object.name)) === name,
  );
}

function findTable(catalog: Catalog, { schemaname = "public", relname }: RelationNode): CatalogObject | undefined {
  return catalog.find((object) => {
    if (object.kind !== "table") return false;
    const [schema, name] = partsOf(object.name).map(unquote);
    return name === relname && schema === schemaname;
  });
}

function findColumn(catalog: Catalog, table: CatalogObject, name: string): CatalogObject | undefined {
  return catalog.find(
    (object) => object.kind === "column" && object.table === table.name && unquote(lastPart(object.name)) === name,
  );
}
