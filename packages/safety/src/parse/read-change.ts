import type { AlterTableCmd, Constraint as ConstraintNode } from "@pgsql/types";
import type { Change } from "./actions.ts";
import { type Is, nameOf, optionsOf, typeOf } from "./syntax.ts";
import { readColumn, readConstraint } from "./read-column.ts";

type ChangeReader = (cmd: AlterTableCmd) => Change;

const trigger =
  (enable: boolean): ChangeReader =>
  ({ name }) => ({ do: "trigger", enable, trigger: name });

const storage =
  (what: "logged" | "unlogged" | "access method" | "tablespace"): ChangeReader =>
  () => ({ do: "storage", what });

const onColumn =
  (what: "set not null" | "drop not null" | "add identity" | "drop expression"): ChangeReader =>
  ({ name = "" }) => ({ do: what, column: name });

const onConstraint =
  (what: "validate" | "drop constraint"): ChangeReader =>
  ({ name = "", behavior, missing_ok = false }) => ({
    do: what,
    constraint: name,
    cascade: behavior === "DROP_CASCADE",
    ifExists: missing_ok,
  });

const other =
  (what: "statistics" | "owner" | "cluster on" | "inherit" | "no inherit"): ChangeReader =>
  () => ({ do: what, what });

const changeReaders: Readonly<Record<string, ChangeReader>> = {
  AT_AddColumn: ({ def, missing_ok }) => ({
    do: "add column",
    column: readColumn((def as { ColumnDef?: Is<"ColumnDef"> }).ColumnDef ?? {}),
    ifNotExists: missing_ok ?? false,
  }),
  AT_DropColumn: ({ name = "", behavior, missing_ok = false }) => ({
    ifExists: missing_ok,
    do: "drop column",
    column: name,
    cascade: behavior === "DROP_CASCADE",
  }),
  AT_AlterColumnType: ({ name = "", def }) => {
    const { typeName, raw_default, collClause } = (def as { ColumnDef?: Is<"ColumnDef"> }).ColumnDef ?? {};
    return {
      do: "set type",
      column: name,
      type: typeOf(typeName),
      using: raw_default,
      collation: collClause !== undefined,
    };
  },
  AT_ColumnDefault: ({ name = "", def }) =>
    def ? { do: "set default", column: name, default: def } : { do: "drop default", column: name },
  AT_SetNotNull: onColumn("set not null"),
  AT_DropNotNull: onColumn("drop not null"),
  AT_AddIdentity: onColumn("add identity"),
  AT_DropExpression: onColumn("drop expression"),
  AT_SetExpression: ({ name = "" }) => ({ do: "set expression", column: name }),
  AT_AddConstraint: ({ def }) => {
    const [constraint] = readConstraint((def as { Constraint?: ConstraintNode }).Constraint ?? {}, []);
    return constraint ? { do: "add constraint", constraint } : { do: "other", what: "AT_AddConstraint" };
  },
  AT_ValidateConstraint: onConstraint("validate"),
  AT_DropConstraint: onConstraint("drop constraint"),
  AT_AttachPartition: ({ def }) => {
    const { name, bound } = (def as { PartitionCmd?: Is<"PartitionCmd"> }).PartitionCmd ?? {};
    return {
      do: "attach",
      partition: nameOf(name),
      isDefault: bound?.is_default ?? false,
      bound: bound && { PartitionBoundSpec: bound },
    };
  },
  AT_DetachPartition: ({ def }) => {
    const { name, concurrent = false } = (def as { PartitionCmd?: Is<"PartitionCmd"> }).PartitionCmd ?? {};
    return { do: "detach", partition: nameOf(name), concurrently: concurrent };
  },
  AT_EnableTrig: trigger(true),
  AT_EnableAlwaysTrig: trigger(true),
  AT_EnableReplicaTrig: trigger(true),
  AT_EnableTrigAll: trigger(true),
  AT_EnableTrigUser: trigger(true),
  AT_DisableTrig: trigger(false),
  AT_DisableTrigAll: trigger(false),
  AT_DisableTrigUser: trigger(false),
  AT_EnableRowSecurity: () => ({ do: "row security", enable: true, force: false }),
  AT_ForceRowSecurity: () => ({ do: "row security", enable: true, force: true }),
  AT_DisableRowSecurity: () => ({ do: "row security", enable: false, force: false }),
  AT_NoForceRowSecurity: () => ({ do: "row security", enable: false, force: true }),
  AT_ReplicaIdentity: ({ def }) => {
    const { identity_type = "", name } =
      (def as { ReplicaIdentityStmt?: Is<"ReplicaIdentityStmt"> }).ReplicaIdentityStmt ?? {};
    return { do: "replica identity", kind: identity_type, index: name };
  },
  AT_SetLogged: storage("logged"),
  AT_SetUnLogged: storage("unlogged"),
  AT_SetAccessMethod: storage("access method"),
  AT_SetTableSpace: storage("tablespace"),
  AT_SetRelOptions: ({ def }) => ({ do: "options", options: optionsOf(def && "List" in def ? def.List.items : []) }),
  AT_ResetRelOptions: () => ({ do: "options", options: {} }),
  AT_SetStatistics: other("statistics"),
  AT_SetOptions: other("statistics"),
  AT_ResetOptions: other("statistics"),
  AT_ChangeOwner: other("owner"),
  AT_ClusterOn: other("cluster on"),
  AT_AddInherit: other("inherit"),
  AT_DropInherit: other("no inherit"),
};

/** Reads a command of ALTER TABLE. */
export function readChange(cmd: AlterTableCmd): Change {
  return changeReaders[cmd.subtype ?? ""]?.(cmd) ?? { do: "other", what: cmd.subtype ?? "" };
}
