import type { Node, RangeVar } from "@pgsql/types";
import type { Action } from "./actions.ts";
import { readColumn, readConstraint } from "./read-column.ts";
import { columnsIn, findAll, type Is, type Name, nameOf, texts } from "./syntax.ts";

/** True for CREATE TEMPORARY. */
export const isTemporary = (relation: RangeVar | undefined) => relation?.relpersistence === "t";
/** True for CREATE UNLOGGED. */
export const isUnlogged = (relation: RangeVar | undefined) => relation?.relpersistence === "u";

/** Reads CREATE TABLE. */
export function readCreateTable(value: Is<"CreateStmt">): Action {
  const { relation, tableElts = [], constraints = [], partbound, partspec, inhRelations = [] } = value;
  const parents = relationsOf(inhRelations);
  const columns = tableElts.flatMap((one) => ("ColumnDef" in one ? [readColumn(one.ColumnDef)] : []));
  const like = tableElts.flatMap((one) => ("TableLikeClause" in one ? [nameOf(one.TableLikeClause.relation)] : []))[0];
  const own = [...tableElts, ...constraints].flatMap((one) =>
    "Constraint" in one ? readConstraint(one.Constraint, []) : [],
  );
  return {
    do: "create table",
    table: nameOf(relation),
    columns,
    constraints: [...columns.flatMap((column) => column.constraints), ...own],
    temporary: isTemporary(relation),
    unlogged: isUnlogged(relation),
    ifNotExists: value.if_not_exists ?? false,
    partitioned: partspec !== undefined,
    partitionKey: (partspec?.partParams ?? []).flatMap((one) =>
      "PartitionElem" in one ? (one.PartitionElem.name ?? []) : [],
    ),
    partitionOf: partbound ? parents[0] : undefined,
    isDefault: partbound?.is_default ?? false,
    parents: partbound ? [] : parents,
    like,
  };
}

/** Reads CREATE INDEX. */
export function readIndex(value: Is<"IndexStmt">): Action {
  const elements = (value.indexParams ?? []).flatMap((one) => ("IndexElem" in one ? [one.IndexElem] : []));
  const including = (value.indexIncludingParams ?? []).flatMap((one) => ("IndexElem" in one ? [one.IndexElem] : []));
  return {
    do: "create index",
    index: value.idxname,
    table: nameOf(value.relation),
    concurrently: value.concurrent ?? false,
    unique: value.unique ?? false,
    ifNotExists: value.if_not_exists ?? false,
    recursive: value.relation?.inh ?? false,
    columns: elements.map(({ name }) => name),
    partial: value.whereClause !== undefined,
    method: value.accessMethod ?? "btree",
    uses: columnsIn([value.indexParams, value.whereClause]).concat(
      [...elements, ...including].flatMap(({ name }) => name ?? []),
    ),
    calls: findAll([value.indexParams, value.whereClause], "FuncCall").map(
      ({ funcname }) => texts(funcname).at(-1) ?? "",
    ),
    plainOrder: elements.every(
      ({ ordering, nulls_ordering, collation, opclass }) =>
        (ordering === undefined || ordering === "SORTBY_DEFAULT" || ordering === "SORTBY_ASC") &&
        (nulls_ordering === undefined || nulls_ordering === "SORTBY_NULLS_DEFAULT") &&
        !collation &&
        !opclass,
    ),
  };
}

/** The names of tables that a statement lists. */
export function relationsOf(nodes: readonly Node[] | undefined): Name[] {
  return (nodes ?? []).flatMap((node) => ("RangeVar" in node ? [nameOf(node.RangeVar)] : []));
}
