import { parseAll } from "./parse.ts";

/**
 * What a statement says that is not of the search path's schema: names with a schema, such as `public.users`, and
 * statements about the whole database, such as `create extension`. Names of PostgreSQL's own schemas do not count, nor
 * does SQL that is put together at run time. Empty where the parser does not take the text.
 */
export async function findForeignNames(sql: string): Promise<string[]> {
  const trees = await parseAll(sql);
  return [...new Set(trees.flatMap((tree) => visit(tree)))];
}

type Tree = Readonly<Record<string, unknown>>;

/** What has a name of one part beside the object's: `drop trigger NAME on TABLE`, `comment on column TABLE.NAME`. */
const withinTable: ReadonlySet<unknown> = new Set([
  "OBJECT_TRIGGER",
  "OBJECT_POLICY",
  "OBJECT_RULE",
  "OBJECT_COLUMN",
  "OBJECT_TABCONSTRAINT",
  "OBJECT_ATTRIBUTE",
]);

/** Names are lists of strings under these keys. */
const nameKeys: ReadonlySet<string> = new Set([
  "funcname",
  "names",
  "objname",
  "typeName",
  "defnames",
  "collname",
  "name",
  "opclassname",
  "opfamilyname",
  "conversion_name",
]);

/** Statements about what all schemas of a database share. */
const databaseWide: Readonly<Record<string, string>> = {
  CreateExtensionStmt: "create extension",
  AlterExtensionStmt: "alter extension",
  CreateSchemaStmt: "create schema",
  CreateRoleStmt: "create role",
  AlterRoleStmt: "alter role",
  AlterRoleSetStmt: "alter role",
  DropRoleStmt: "drop role",
  GrantRoleStmt: "grant of a role",
  AlterDatabaseStmt: "alter database",
  AlterDatabaseSetStmt: "alter database",
  CreatePublicationStmt: "create publication",
  CreateSubscriptionStmt: "create subscription",
  CreateEventTrigStmt: "create event trigger",
  CreateFdwStmt: "create foreign data wrapper",
  CreateForeignServerStmt: "create server",
  CreateCastStmt: "create cast",
  CreatePLangStmt: "create language",
};

const databaseWideDrops: Readonly<Record<string, string>> = {
  OBJECT_SCHEMA: "drop schema",
  OBJECT_EXTENSION: "drop extension",
  OBJECT_PUBLICATION: "drop publication",
  OBJECT_EVENT_TRIGGER: "drop event trigger",
  OBJECT_FOREIGN_SERVER: "drop server",
};

function visit(tree: unknown): string[] {
  if (Array.isArray(tree)) return tree.flatMap(visit);
  if (typeof tree !== "object" || tree === null) return [];
  return Object.entries(tree as Tree).flatMap(([key, value]) => {
    // A column may have its table's name before it; with a schema, it has three parts.
    if (key === "ColumnRef") return qualifiedOf((value as Tree)["fields"], 3);
    return [...ofNode(key, value), ...visit(value)];
  });
}

const isNode = (value: unknown): value is Tree => typeof value === "object" && value !== null;

function ofNode(key: string, value: unknown): string[] {
  const node = isNode(value) ? value : {};
  const wide = databaseWide[key];
  if (wide !== undefined) return [wide];
  if (key === "VariableSetStmt" && node["name"] === "search_path") return ["set search_path"];
  if (key === "DropStmt") return ofDrop(node);
  if (key === "CommentStmt" || key === "SecLabelStmt") return ofObject(node["objtype"], node["object"]);
  if (key === "AlterObjectSchemaStmt") return ["set schema"];
  if (key === "FuncCall" || key === "TypeCast") return ofLiteral(node);
  if (typeof node["schemaname"] === "string" && !isOwn(node["schemaname"]))
    return [`${node["schemaname"]}.${String(node["relname"])}`];
  return nameKeys.has(key) ? qualifiedOf(value, 2) : [];
}

/** A name as text: of a sequence for `nextval`, or cast to `regclass` or the like. */
function ofLiteral({ funcname, args = [], typeName, arg }: Tree): string[] {
  const [name = ""] = wordsOf(funcname ?? (typeName as Tree | undefined)?.["names"]).slice(-1);
  const [first] = funcname === undefined ? [arg] : (args as readonly unknown[]);
  const text = (first as { A_Const?: { sval?: { sval?: string } } } | undefined)?.A_Const?.sval?.sval;
  if (text === undefined) return [];
  if (name === "set_config") return text.toLowerCase() === "search_path" ? ["set search_path"] : [];
  const isName = /^(nextval|currval|setval|reg(class|proc|procedure|type|oper|operator))$/.test(name);
  const schema = isName ? /^("(?:[^"]|"")+"|[^".]+)\./.exec(text)?.[1] : undefined;
  return schema !== undefined && !isOwn(schema) ? [text] : [];
}

function wordsOf(list: unknown): string[] {
  return Array.isArray(list) ? list.flatMap((one: { String?: { sval?: string } }) => one.String?.sval ?? []) : [];
}

function ofDrop({ removeType, objects = [] }: Tree): string[] {
  const wide = databaseWideDrops[String(removeType)];
  if (wide !== undefined) return [wide];
  return (objects as readonly unknown[]).flatMap((object) => ofObject(removeType, object));
}

function ofObject(type: unknown, object: unknown): string[] {
  const items = (object as { List?: Tree } | undefined)?.List?.["items"];
  return qualifiedOf(items, withinTable.has(type) ? 3 : 2);
}

/** A list of strings that is a qualified name, from this number of parts on. */
function qualifiedOf(list: unknown, parts: number): string[] {
  const words = wordsOf(list);
  return Array.isArray(list) && words.length === list.length && words.length >= parts && !isOwn(words[0] ?? "")
    ? [words.join(".")]
    : [];
}

const isOwn = (schema: string) => /^(pg_|information_schema$)/.test(schema);
