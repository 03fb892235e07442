import type { Constraint as ConstraintNode } from "@pgsql/types";
import type { ColumnDefinition, ConstraintDefinition } from "./actions.ts";
import { columnsIn, type Is, nameOf, texts, typeOf } from "./syntax.ts";

/** Reads a column of CREATE TABLE or ADD COLUMN. */
export function readColumn({
  colname = "",
  typeName,
  constraints = [],
  collClause,
}: Is<"ColumnDef">): ColumnDefinition {
  const nodes = constraints.flatMap((one) => ("Constraint" in one ? [one.Constraint] : []));
  const find = (kind: string) => nodes.find(({ contype }) => contype === kind);
  const written = typeOf(typeName);
  const integer = serials.get(written.name);
  const generated = find("CONSTR_GENERATED");
  const identity = integer !== undefined || find("CONSTR_IDENTITY") !== undefined;
  return {
    name: colname,
    type: integer === undefined ? written : { ...written, name: integer },
    notNull: identity || find("CONSTR_NOTNULL") !== undefined || find("CONSTR_PRIMARY") !== undefined,
    default: find("CONSTR_DEFAULT")?.raw_expr,
    uses: columnsIn(generated?.raw_expr),
    generated: generated && (generated.generated_kind === "v" ? "virtual" : "stored"),
    identity,
    isSerial: integer !== undefined,
    collation: collClause !== undefined,
    constraints: nodes.flatMap((one, index) => {
      // The parser gives NOT ENFORCED of a column's own constraint as a node behind it.
      const isEnforced = nodes[index + 1]?.contype !== "CONSTR_ATTR_NOT_ENFORCED";
      return readConstraint(one, [colname]).map((found) => ({ ...found, enforced: found.enforced && isEnforced }));
    }),
  };
}

const constraintKinds = {
  CONSTR_CHECK: "check",
  CONSTR_FOREIGN: "foreign key",
  CONSTR_UNIQUE: "unique",
  CONSTR_PRIMARY: "primary key",
  CONSTR_EXCLUSION: "exclude",
  CONSTR_NOTNULL: "not null",
} as const;

/** Reads a constraint; a column's own has that column. Nothing for a default, a collation and their like. */
export function readConstraint(node: ConstraintNode, column: readonly string[]): ConstraintDefinition[] {
  const kind = constraintKinds[node.contype as keyof typeof constraintKinds];
  if (kind === undefined) return [];
  const named = texts(node.fk_attrs ?? node.keys);
  return [
    {
      name: node.conname,
      kind,
      columns: named.length > 0 ? named : column,
      expression: node.raw_expr,
      validated: !node.skip_validation,
      enforced: node.is_enforced ?? false,
      references: node.pktable && { table: nameOf(node.pktable), columns: texts(node.pk_attrs) },
      index: node.indexname,
      onDeleteSetNull: node.fk_del_action === "n",
    },
  ];
}

const serials = new Map([
  ["serial", "int4"],
  ["serial4", "int4"],
  ["bigserial", "int8"],
  ["serial8", "int8"],
  ["smallserial", "int2"],
  ["serial2", "int2"],
]);
