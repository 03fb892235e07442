import type { Catalog } from "@thedata/catalog";
import { shorten } from "@thedata/catalog/sql";
import type { Contract } from "@thedata/releases";
import type { ReleaseColumn } from "./report.ts";

/** Tables and columns that a release with a contract maps, and neither a supported one nor the models as they are. */
export function findDroppable(
  contracts: readonly Contract[],
  columns: readonly ReleaseColumn[],
  catalog: Catalog,
): string[] {
  const isNeeded = (_: Contract, index: number) => columns[index]?.supported || columns[index]?.working;
  const namesOf = (list: readonly Contract[]) =>
    list.flatMap(({ tables }) =>
      tables.flatMap((one) => [one.table, ...one.columns.map(({ column }) => `${one.table}.${column}`)]),
    );
  const needed = new Set(namesOf(contracts.filter(isNeeded)));
  const there = new Set(catalog.map(({ name }) => unquoteAll(name)));
  return [...new Set(namesOf(contracts))]
    .filter((name) => !needed.has(name) && there.has(unquoteAll(name)))
    .map(shorten);
}

const unquoteAll = (name: string) => name.replaceAll('"', "");
