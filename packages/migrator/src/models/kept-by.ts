import type { Contract, ContractTable } from "@thedata/releases";
import { type Kept, type KeptColumn, nameOf } from "./keep.ts";

/** What these releases map. */
export function keptBy(contracts: readonly Contract[]): Kept {
  const columns = new Map<string, KeptColumn>();
  const tables = contracts.flatMap((contract) => contract.tables);
  for (const { table, columns: mapped } of tables)
    for (const { column, nullable, items } of mapped) {
      const key = `${nameOf(table)} ${column}`;
      const known = columns.get(key);
      columns.set(key, { nullable: nullable && known?.nullable !== false, item: known?.item ?? items?.[0] ?? null });
    }
  return { columns, tables: new Set(tables.map(({ table }: ContractTable) => nameOf(table))) };
}
