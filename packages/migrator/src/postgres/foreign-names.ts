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
  // With its access method.
  "OBJECT_OPCLASS",
  "OBJECT_OPFAMILY",
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
  "domainname",
  "dictname",
  "cfgname",
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
  CreatedbStmt: "create database",
  DropdbStmt: "drop database",
  CreateTableSpaceStmt: "create tablespace",
  DropTableSpaceStmt: "drop tablespace",
  AlterPublicationStmt: "alter publication",
  AlterSubscriptionStmt: "alter subscription",
  DropSubscriptionStmt: "drop subscription",
  AlterEventTrigStmt: "alter event trigger",
  AlterSystemStmt: "alter system",
  ImportForeignSchemaStmt: "import foreign schema",
  DropOwnedStmt: "drop owned",
  ReassignOwnedStmt: "reassign owned",
};

/** Objects that are in no schema: what is renamed, given away, commented or granted of them is the database's. */
const wideObjects: ReadonlySet<unknown> = new Set(
  [
    "SCHEMA",
    "DATABASE",
    "EXTENSION",
    "ROLE",
    "TABLESPACE",
    "PUBLICATION",
    "SUBSCRIPTION",
    "EVENT_TRIGGER",
    "LANGUAGE",
    "CAST",
    "FDW",
    "FOREIGN_SERVER",
  ].map((name) => `OBJECT_${name}`),
);

const databaseWideDrops: Readonly<Record<string, string>> = {
  OBJECT_SCHEMA: "drop schema",
  OBJECT_EXTENSION: "drop extension",
  OBJECT_PUBLICATION: "drop publication",
  OBJECT_EVENT_TRIGGER: "drop event trigger",
  OBJECT_FOREIGN_SERVER: "drop server",
  OBJECT_LANGUAGE: "drop language",
  OBJECT_CAST: "drop cast",
  OBJECT_FDW: "drop foreign data wrapper",
};

function visit(tree: unknown): string[] {
  if (Array.isArray(tree)) return tree.flatMap(visit);
  if (!isNode(tree)) return [];
  // `table.column%type`
  if (tree["pct_type"] === true) return qualifiedOf(tree["names"], 3);
  return Object.entries(tree).flatMap(([key, value]) => {
    // A column may have its table's name before it; with a schema, it has three parts.
    if (key === "ColumnRef") return qualifiedOf((value as Tree)["fields"], 3);
    return [...ofNode(key, value), ...visit(value)];
  });
}

const isNode = (value: unknown): value is Tree => typeof value === "object" && value !== null;

/** What a node says by itself; what is in it is looked at besides. */
function ofNode(key: string, value: unknown): string[] {
  const node = isNode(value) ? value : {};
  const wide = databaseWide[key];
  if (wide !== undefined) return [wide];
  const ofKind = kinds[key];
  if (ofKind) return ofKind(node, key);
  if (typeof node["schemaname"] === "string" && !isOwn(node["schemaname"]))
    return [`${node["schemaname"]}.${String(node["relname"])}`];
  return nameKeys.has(key) ? qualifiedOf(value, 2) : [];
}

const when = (condition: boolean, what: string) => (condition ? [what] : []);

const kinds: Readonly<Record<string, (node: Tree, key: string) => string[]>> = {
  VariableSetStmt: ofSetting,
  GrantStmt: ofAct,
  CommentStmt: ofAct,
  RenameStmt: ofAct,
  AlterOwnerStmt: ofAct,
  AlterDefaultPrivilegesStmt: (node) =>
    when(JSON.stringify(node).includes('"schemas"'), "alter default privileges in schema"),
  ReindexStmt: ({ relation }) => when(relation === undefined, "reindex of more than a table"),
  VacuumStmt: ({ rels }) => when(rels === undefined, "vacuum of all tables"),
  DropStmt: ofDrop,
  SecLabelStmt: ({ objtype, object }) => ofObject(objtype, object),
  DefElem: ({ defname, arg }) =>
    defname === "owned_by" ? qualifiedOf((arg as { List?: Tree } | undefined)?.List?.["items"], 3) : [],
  AlterObjectSchemaStmt: () => ["set schema"],
  FuncCall: ofLiteral,
  TypeCast: ofLiteral,
};

function ofSetting({ name, kind, args = [] }: Tree): string[] {
  if (kind !== "VAR_SET_VALUE" && kind !== "VAR_SET_MULTI") return [];
  const values = (args as readonly { A_Const?: { sval?: { sval?: string } } }[]).map(
    (one) => one.A_Const?.sval?.sval ?? "",
  );
  // As for a function that runs with its owner's rights: names of nobody's schema are found.
  if (name === "search_path" && values.every((value) => value === "" || isOwn(value))) return [];
  return name === "search_path" || name === "role" || name === "session_authorization" ? [`set ${name}`] : [];
}

function ofAct(node: Tree, key: string): string[] {
  const type = node["objtype"] ?? node["renameType"] ?? node["objectType"];
  const what = {
    GrantStmt: "grant on",
    CommentStmt: "comment on",
    RenameStmt: "rename of",
    AlterOwnerStmt: "owner of",
  }[key];
  if (wideObjects.has(type)) return [`${what} ${(type as string).slice(7).toLowerCase().replaceAll("_", " ")}`];
  if (node["targtype"] === "ACL_TARGET_ALL_IN_SCHEMA") return ["grant on all in schema"];
  return key === "CommentStmt" ? ofObject(type, node["object"]) : [];
}

/** A name as text: of a sequence for `nextval`, or cast to `regclass` or the like. */
function ofLiteral({ funcname, args = [], typeName, arg }: Tree): string[] {
  const [name = ""] = wordsOf(funcname ?? (typeName as Tree | undefined)?.["names"]).slice(-1);
  const [first] = funcname === undefined ? [arg] : (args as readonly unknown[]);
  const text = (first as { A_Const?: { sval?: { sval?: string } } } | undefined)?.A_Const?.sval?.sval;
  if (text === undefined) return [];
  if (name === "set_config") return text.toLowerCase() === "search_path" ? ["set search_path"] : [];
  const isName =
    /^(nextval|currval|setval|pg_get_serial_sequence|(to_)?reg(class|proc|procedure|type|oper|operator|namespace))$/.test(
      name,
    );
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
