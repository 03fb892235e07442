import type { ColumnDefinition, ConstraintDefinition } from "../parse/actions.ts";
import { columnsIn, findAll, texts } from "../parse/syntax.ts";
import { type Column, type Constraint, type Relation, type Schema, schemaName, shortName } from "./schema.ts";

/** Adds a column as it is written; its constraints are added apart. */
export function addColumn(relation: Relation, column: ColumnDefinition): void {
  const { name, type, notNull, default: value, generated, uses, identity, isSerial } = column;
  relation.columns.set(name, {
    type,
    notNull,
    default: value,
    generated,
    uses,
    identity,
    isSerial,
    isNew: true,
  });
}

const suffixes = {
  check: "check",
  "foreign key": "fkey",
  unique: "key",
  "primary key": "pkey",
  exclude: "excl",
  "not null": "not_null",
};

/** The name that PostgreSQL gives a constraint without one. */
function chooseName(relation: Relation, { kind, columns }: ConstraintDefinition): string {
  const parts = [shortName(relation.name), ...(kind === "primary key" ? [] : columns), suffixes[kind]];
  const name = parts.join("_");
  for (let number = 0; ; number++) {
    const candidate = number === 0 ? name : `${name}${number}`;
    if (!relation.constraints.has(candidate)) return candidate;
  }
}

/** Adds a constraint, and what comes with it: an index, NOT NULL. */
export function addConstraint(
  schema: Schema,
  relation: Relation,
  definition: ConstraintDefinition,
  transaction: number,
): void {
  const name = definition.name ?? definition.index ?? chooseName(relation, definition);
  const used = schema.indexes.get(`${schemaName(relation.name)}.${definition.index}`);
  const named = definition.kind === "check" ? columnsIn(definition.expression) : definition.columns;
  const columns = used ? used.columns.filter((one) => one !== undefined) : named;
  const references = definition.references && schema.resolve(definition.references.table);
  const referencedColumns = definition.references?.columns ?? [];
  const constraint: Constraint = { ...definition, name, columns, references, referencedColumns, addedIn: transaction };
  relation.constraints.set(name, constraint);
  schema.indexExpressions.push(
    ...findAll(definition.expression, "FuncCall").map(({ funcname }) => texts(funcname).at(-1) ?? ""),
  );
  if (used) schema.indexes.delete(`${schemaName(relation.name)}.${used.name}`);
  if (["unique", "primary key", "exclude"].includes(definition.kind)) {
    const index = {
      name,
      table: relation.name,
      columns,
      uses: columns,
      partial: false,
      method: "btree",
      plainOrder: true,
      valid: true,
    };
    const unique = definition.kind !== "exclude";
    schema.indexes.set(`${schemaName(relation.name)}.${name}`, { ...index, unique, ofConstraint: true, isNew: true });
  }
  if (definition.kind === "primary key" || (definition.kind === "not null" && definition.validated))
    for (const column of columns) change(relation, column, { notNull: true });
}

/** Changes what is known of a column, if it is. */
export function change(relation: Relation | undefined, name: string, changed: Partial<Column>): void {
  const column = relation?.columns.get(name);
  if (column) relation?.columns.set(name, { ...column, ...changed });
}
