import type { Constraint, Table } from "./read-tables.ts";

/** Sorts tables so that those that others refer to come first; a circle starts where a reference may be null. */
export function inOrderOfReferences(tables: readonly Table[]): Table[] {
  const open = new Map(tables.map((table) => [table.name, table]));
  const ordered: Table[] = [];
  while (open.size > 0) {
    const next = [references, neededReferences, () => []].map((of) =>
      [...open.values()].find((table) => !of(table).some((name) => open.has(name))),
    );
    const table = next.find((found) => found !== undefined) as Table;
    ordered.push(table);
    open.delete(table.name);
  }
  return ordered;
}

function references(table: Table): string[] {
  return foreignKeys(table).flatMap(({ references }) =>
    references === null || references === table.name ? [] : [references],
  );
}

function neededReferences(table: Table): string[] {
  const needed = foreignKeys(table).filter((key) => isNeeded(table, key));
  return references({ ...table, constraints: needed });
}

/** The foreign keys of a table. */
export function foreignKeys({ constraints }: Pick<Table, "constraints">): Constraint[] {
  return constraints.filter(({ type }) => type === "foreign key");
}

/** Whether every row must have this reference: none of its columns may be null. */
export function isNeeded({ columns }: Table, key: Constraint): boolean {
  return key.columns.every((name) => columns.find((column) => column.name === name)?.notNull ?? false);
}
