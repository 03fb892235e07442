import type { Connection } from "../../postgres/connection.ts";
import type { Source } from "./draw.ts";
import { insertRows } from "./insert-rows.ts";
import { foreignKeys, isNeeded } from "./order.ts";
import type { Constraint, Table } from "./read-tables.ts";
import { makeValue } from "./values.ts";

/**
 * Inserts a first row into each of two tables whose rows must refer to one another, where the foreign key is
 * deferrable. Returns how many rows were made: 2 or 0.
 */
export async function closeCircle(
  connection: Connection,
  open: readonly Table[],
  createSource: (table: Table) => Promise<Source>,
): Promise<number> {
  for (const table of open)
    for (const key of foreignKeys(table)) {
      const other = open.find(({ name }) => name === key.references);
      if (!other || other === table || !key.deferrable || !isNeeded(table, key)) continue;
      if (await insertPair(connection, table, key, other, createSource)) return 2;
    }
  return 0;
}

async function insertPair(
  connection: Connection,
  table: Table,
  key: Constraint,
  other: Table,
  createSource: (table: Table) => Promise<Source>,
): Promise<boolean> {
  await connection.query("savepoint circle; set constraints all deferred");
  try {
    const source = await createSource(table);
    const promised = drawKey(source, key, other);
    const first = { ...source, keys: new Map([...source.keys, [key.name, [promised]]]) };
    const one = await insertRows(connection, 1, () => first);
    const second = {
      ...(await createSource(other)),
      fixed: new Map(key.referencedColumns.map((name, index) => [name, promised[index] ?? null])),
    };
    const two = await insertRows(connection, 1, () => second);
    await connection.query("set constraints all immediate");
    if (one.rows + two.rows === 2) return true;
  } catch (error) {
    if ((error as { code?: string }).code === undefined) throw error;
  }
  await connection.query("rollback to savepoint circle; set constraints all immediate");
  return false;
}

function drawKey({ random, types, domainHints }: Source, key: Constraint, { columns }: Table): string[] {
  return key.referencedColumns.map((name) => {
    const column = columns.find((one) => one.name === name);
    return makeValue(random, column?.type ?? "", column?.format ?? "", types, domainHints);
  });
}
