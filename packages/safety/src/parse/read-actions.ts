import type { AlterTableCmd, Node } from "@pgsql/types";
import type { Action } from "./actions.ts";
import {
  columnsIn,
  findAll,
  hasOption,
  type Is,
  nameOf,
  objectName,
  open,
  optionsOf,
  textOf,
  texts,
  typeOf,
} from "./syntax.ts";
import { readChange } from "./read-change.ts";
import { isTemporary, isUnlogged, readCreateTable, readIndex, relationsOf } from "./read-table.ts";

/** What a statement does, as plain values; the parser's trees are not needed further on. */
export function actionsOf(node: Node | undefined): Action[] {
  const { kind, value } = open(node);
  return readers[kind]?.(value as never, node as Node) ?? [{ do: "other", what: kind }];
}

type Reader = (value: never, node: Node) => Action[];

const readers: Readonly<Record<string, Reader>> = {
  CreateStmt: (value: Is<"CreateStmt">) => [readCreateTable(value)],
  CreateTableAsStmt: ({ into, objtype, query }: Is<"CreateTableAsStmt">) => [
    {
      do: "create table as",
      table: nameOf(into?.rel),
      materialized: objtype === "OBJECT_MATVIEW",
      query,
      withData: !into?.skipData,
      temporary: isTemporary(into?.rel),
      unlogged: isUnlogged(into?.rel),
    },
  ],
  ViewStmt: ({ view, replace = false, query }: Is<"ViewStmt">) => [
    { do: "create view", view: nameOf(view), replace, query },
  ],
  IndexStmt: (value: Is<"IndexStmt">) => [readIndex(value)],
  DropStmt: ({ objects = [], removeType = "OBJECT_TABLE", behavior, missing_ok, concurrent }: Is<"DropStmt">) =>
    objects.map((object) => ({
      do: "drop",
      type: removeType,
      name: objectName(object),
      concurrently: concurrent ?? false,
      cascade: behavior === "DROP_CASCADE",
      ifExists: missing_ok ?? false,
      count: objects.length,
    })),
  AlterTableStmt: ({ relation, cmds = [], objtype, missing_ok = false }: Is<"AlterTableStmt">) =>
    objtype === "OBJECT_TABLE" || objtype === "OBJECT_INDEX" || objtype === "OBJECT_MATVIEW" || objtype === undefined
      ? inPasses(cmds).map(
          (cmd) =>
            ({ do: "alter table", table: nameOf(relation), change: readChange(cmd), ifExists: missing_ok }) as const,
        )
      : [{ do: "other", what: `alter ${objtype}` }],
  RenameStmt: ({ renameType = "OBJECT_TABLE", relation, object, subname, newname = "" }: Is<"RenameStmt">) => {
    const name = relation ? nameOf(relation) : objectName(object);
    return [{ do: "rename", type: renameType, relation: name, from: subname ?? name.at(-1) ?? "", to: newname }];
  },
  AlterObjectSchemaStmt: ({
    objectType = "OBJECT_TABLE",
    relation,
    object,
    newschema = "",
  }: Is<"AlterObjectSchemaStmt">) => [
    { do: "set schema", type: objectType, relation: relation ? nameOf(relation) : objectName(object), to: newschema },
  ],
  TruncateStmt: ({ relations, behavior }: Is<"TruncateStmt">) => [
    { do: "truncate", tables: relationsOf(relations), cascade: behavior === "DROP_CASCADE" },
  ],
  InsertStmt: ({ relation, withClause }: Is<"InsertStmt">, node) => [
    ...writesIn(withClause),
    { do: "insert", table: nameOf(relation), where: undefined, node },
  ],
  UpdateStmt: ({ relation, whereClause, withClause }: Is<"UpdateStmt">, node) => [
    ...writesIn(withClause),
    { do: "update", table: nameOf(relation), where: whereClause, node },
  ],
  DeleteStmt: ({ relation, whereClause, withClause }: Is<"DeleteStmt">, node) => [
    ...writesIn(withClause),
    { do: "delete", table: nameOf(relation), where: whereClause, node },
  ],
  MergeStmt: ({ relation }: Is<"MergeStmt">, node) => [
    { do: "merge", table: nameOf(relation), where: undefined, node },
  ],
  CopyStmt: ({ relation, is_from }: Is<"CopyStmt">, node) =>
    is_from
      ? [{ do: "copy from", table: nameOf(relation), where: undefined, node }]
      : [{ do: "select", node, locking: false }],
  SelectStmt: (value: Is<"SelectStmt">, node) => [
    ...writesIn(value.withClause),
    ...settingsIn(value.targetList),
    readSelect(value, node),
  ],
  ExplainStmt: ({ query, options }: Is<"ExplainStmt">) => (hasOption(options, "analyze") ? actionsOf(query) : []),
  ExecuteStmt: () => [{ do: "do", code: undefined }],
  LockStmt: ({ relations, mode = 0 }: Is<"LockStmt">) => [{ do: "lock", tables: relationsOf(relations), mode }],
  RefreshMatViewStmt: ({ relation, concurrent = false, skipData = false }: Is<"RefreshMatViewStmt">) => [
    { do: "refresh", view: nameOf(relation), concurrently: concurrent, withData: !skipData },
  ],
  ReindexStmt: ({ kind, relation, name, params }: Is<"ReindexStmt">) => [
    {
      do: "reindex",
      kind: (kind ?? "").replace("REINDEX_OBJECT_", "").toLowerCase(),
      name: relation ? nameOf(relation) : [name ?? ""],
      concurrently: hasOption(params, "concurrently"),
    },
  ],
  VacuumStmt: ({ options, rels = [], is_vacuumcmd }: Is<"VacuumStmt">) => {
    const tables = rels.flatMap((rel) => ("VacuumRelation" in rel ? [nameOf(rel.VacuumRelation.relation)] : []));
    if (!is_vacuumcmd) return [{ do: "analyze", tables }];
    return [{ do: "vacuum", full: hasOption(options, "full"), tables, analyze: hasOption(options, "analyze") }];
  },
  ClusterStmt: ({ relation }: Is<"ClusterStmt">) => [{ do: "cluster", table: nameOf(relation) }],
  CreateTrigStmt: ({ relation, trigname = "", funcname, columns, whenClause, events = 0 }: Is<"CreateTrigStmt">) => [
    {
      do: "create trigger",
      table: nameOf(relation),
      trigger: trigname,
      calls: texts(funcname).at(-1) ?? "",
      columns: texts(columns),
      watches: columnsIn(whenClause),
      // TRIGGER_TYPE_UPDATE in PostgreSQL.
      onUpdate: (events & 16) !== 0,
    },
  ],
  RuleStmt: ({ relation, rulename = "", whereClause, actions }: Is<"RuleStmt">) => [
    { do: "create rule", table: nameOf(relation), rule: rulename, columns: rowColumnsIn([whereClause, actions]) },
  ],
  CreatePolicyStmt: ({ table, qual, with_check }: Is<"CreatePolicyStmt">) => [
    { do: "create policy", table: nameOf(table), columns: columnsIn([qual, with_check]) },
  ],
  AlterPolicyStmt: ({ table, qual, with_check }: Is<"AlterPolicyStmt">) => [
    { do: "create policy", table: nameOf(table), columns: columnsIn([qual, with_check]) },
  ],
  CreateFunctionStmt: (value: Is<"CreateFunctionStmt">) => [readFunction(value)],
  AlterFunctionStmt: ({ func, actions }: Is<"AlterFunctionStmt">) => {
    const declared = optionsOf(actions)["volatility"];
    if (declared === undefined) return [{ do: "other", what: "alter function" }];
    return [{ do: "alter function", name: texts(func?.objname), volatility: volatilityIn(actions) }];
  },
  AlterEnumStmt: ({ typeName, oldVal, newVal = "", newValNeighbor }: Is<"AlterEnumStmt">) => {
    const type = texts(typeName);
    if (oldVal !== undefined) return [{ do: "rename enum value", type, value: oldVal }];
    return [{ do: "add enum value", type, value: newVal, placed: newValNeighbor !== undefined }];
  },
  CreateEnumStmt: ({ typeName }: Is<"CreateEnumStmt">) => [{ do: "create enum", type: texts(typeName) }],
  CreateDomainStmt: ({ domainname, typeName, constraints = [] }: Is<"CreateDomainStmt">) => {
    const kinds = new Set(constraints.map((one) => ("Constraint" in one ? one.Constraint.contype : undefined)));
    const notNull = kinds.has("CONSTR_NOTNULL");
    const constrained = notNull || kinds.has("CONSTR_CHECK");
    return [{ do: "create domain", type: texts(domainname), base: typeOf(typeName), constrained, notNull }];
  },
  AlterDomainStmt: ({ subtype = "", typeName, def }: Is<"AlterDomainStmt">) => {
    const change = ({ C: "add constraint", O: "set not null", V: "validate" } as const)[subtype] ?? "other";
    const validated = !(def && "Constraint" in def && def.Constraint.skip_validation);
    return [{ do: "alter domain", type: texts(typeName), change, validated }];
  },
  VariableSetStmt: ({ name = "", kind, args = [], is_local = false }: Is<"VariableSetStmt">) => {
    const values = args.map((one) => textOf(one) ?? "");
    const value = kind === "VAR_SET_VALUE" ? values.join(", ") : undefined;
    return [{ do: "set", name: name.toLowerCase(), value, values, local: is_local }];
  },
  TransactionStmt: ({ kind }: Is<"TransactionStmt">) => [
    { do: "transaction", kind: (kind ?? "").replace("TRANS_STMT_", "") },
  ],
  DoStmt: ({ args }: Is<"DoStmt">) => [{ do: "do", code: optionsOf(args)["as"] ?? "" }],
  CallStmt: () => [{ do: "do", code: undefined }],
  CreateExtensionStmt: ({ extname = "", options }: Is<"CreateExtensionStmt">) => [
    { do: "create extension", name: extname, version: optionsOf(options)["new_version"] },
  ],
  AlterSystemStmt: () => [{ do: "cluster-wide", what: "ALTER SYSTEM" }],
  AlterRoleSetStmt: () => [{ do: "cluster-wide", what: "ALTER ROLE … SET" }],
  AlterDatabaseSetStmt: () => [{ do: "cluster-wide", what: "ALTER DATABASE … SET" }],
  DropdbStmt: ({ dbname = "" }: Is<"DropdbStmt">) => [
    {
      do: "drop",
      type: "OBJECT_DATABASE",
      name: [dbname],
      concurrently: false,
      cascade: false,
      ifExists: false,
      count: 1,
    },
  ],
  CreateStatsStmt: ({ relations }: Is<"CreateStatsStmt">) => [
    { do: "create statistics", table: relationsOf(relations)[0] ?? [] },
  ],
  AlterSeqStmt: ({ sequence, options }: Is<"AlterSeqStmt">) => [
    { do: "alter sequence", sequence: nameOf(sequence), type: optionsOf(options)["as"]?.replace("pg_catalog.", "") },
  ],
  CreateSchemaStmt: ({ schemaname = "" }: Is<"CreateSchemaStmt">) => [{ do: "create schema", name: schemaname }],
  CreatePublicationStmt: () => [{ do: "publication", what: "create" }],
  AlterPublicationStmt: () => [{ do: "publication", what: "alter" }],
  GrantStmt: () => [{ do: "grant", what: "grant" }],
  CommentStmt: () => [{ do: "comment", what: "comment" }],
};

/** The columns that a rule takes from the row that it is about: NEW and OLD. */
function rowColumnsIn(root: unknown): string[] {
  const fields = findAll(root, "ColumnRef").map(({ fields: names }) => texts(names));
  return [...new Set(fields.flatMap(([row, column]) => (row === "new" || row === "old" ? (column ?? []) : [])))];
}

/** The commands of ALTER TABLE in the order in which PostgreSQL runs them: what goes, then types, then the rest. */
function inPasses(nodes: readonly Node[]): AlterTableCmd[] {
  const cmds = nodes.flatMap((node) => ("AlterTableCmd" in node ? [node.AlterTableCmd] : []));
  const passOf = ({ subtype = "AT_AddColumn" }: AlterTableCmd) =>
    /^AT_Drop(Column|Constraint)$/.test(subtype) ? 0 : subtype === "AT_AlterColumnType" ? 1 : 2;
  return cmds.toSorted((a, b) => passOf(a) - passOf(b));
}

/** What the queries of a WITH clause write. */
function writesIn(clause: unknown): Action[] {
  return (["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"] as const).flatMap((kind) =>
    findAll(clause, kind).flatMap((value) => actionsOf({ [kind]: value } as never)),
  );
}

/** The settings that a query changes by `set_config` with constants. */
function settingsIn(targets: unknown): Action[] {
  return findAll(targets, "FuncCall").flatMap(({ funcname, args = [] }): Action[] => {
    const [name, value, local] = args.map((one) => textOf(one));
    if (texts(funcname).at(-1) !== "set_config" || name === undefined || value === undefined) return [];
    return [{ do: "set", name: name.toLowerCase(), value, values: [value], local: local === "true" }];
  });
}

function readSelect(value: Is<"SelectStmt">, node: Node): Action {
  const { intoClause, lockingClause = [] } = value;
  if (!intoClause) return { do: "select", node, locking: lockingClause.length > 0 };
  const { rel } = intoClause;
  return {
    do: "create table as",
    table: nameOf(rel),
    materialized: false,
    query: node,
    withData: true,
    temporary: isTemporary(rel),
    unlogged: isUnlogged(rel),
  };
}

/** The volatility that CREATE FUNCTION declares; VOLATILE is PostgreSQL's default. */
function volatilityIn(options: readonly Node[] | undefined): "i" | "s" | "v" {
  const declared = optionsOf(options)["volatility"];
  return declared === "immutable" ? "i" : declared === "stable" ? "s" : "v";
}

function readFunction({ funcname, replace = false, options, sql_body }: Is<"CreateFunctionStmt">): Action {
  const elements = (options ?? []).flatMap((one) => ("DefElem" in one ? [one.DefElem] : []));
  const sets = elements.filter(({ defname }) => defname === "set").map(({ arg }) => open(arg).value["name"]);
  const security = elements.find(({ defname }) => defname === "security")?.arg;
  const as = elements.find(({ defname }) => defname === "as")?.arg;
  return {
    do: "create function",
    name: texts(funcname),
    replace,
    securityDefiner: security !== undefined && "Boolean" in security && (security.Boolean.boolval ?? false),
    volatility: volatilityIn(options),
    setsSearchPath: sets.includes("search_path"),
    body: sql_body ? JSON.stringify(sql_body) : texts(as && "List" in as ? as.List.items : []).join("\n"),
  };
}
