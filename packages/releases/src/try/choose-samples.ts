import type { Catalog, Query } from "@thedata/catalog";
import type { Contract, ContractTable, RecordedStatement } from "../contract/contract.ts";
import { arrange, type ArrangedSchema } from "../schema/arrange.ts";
import { keyOf, readRows, type TextRow } from "./rows.ts";
import { parameterColumns, type Sample, sampleOf } from "./sample.ts";
import { valuesAt } from "./values.ts";

/** More rows would show the same again. */
const most = 4;

/**
 * What a release may send about the rows that are there, by its own statements: each row written and searched again, and
 * each column with the values of another row and with those at which it may fail. Of it counts what works on the
 * release's own schema.
 */
export async function chooseSamples(query: Query, contract: Contract, catalog: Catalog): Promise<Sample[]> {
  const [atHead, now] = [arrange(contract.schema), arrange(catalog)];
  const samples: Sample[] = [];
  for (const table of contract.tables.filter((one) => now.table(one.table) && atHead.table(one.table))) {
    const rows = await readRows(query, table, now, most);
    const key = keyOf(now, table.table);
    const own = contract.statements.filter((one) => one.table === table.table && one.operation !== "read");
    samples.push(...own.flatMap((one) => samplesOf(one, { table, atHead, key, rows })));
  }
  return samples;
}

interface Given {
  readonly table: ContractTable;
  readonly atHead: ArrangedSchema;
  readonly key: readonly string[];
  readonly rows: readonly TextRow[];
}

function samplesOf(statement: RecordedStatement, { table, atHead, key, rows }: Given): Sample[] {
  const again = rows.map((row, index) => sampleOf(statement, key, row, rows[(index + 1) % rows.length]));
  const [first] = rows;
  const named = statement.operation === "filter" ? parameterColumns(statement) : statement.writes;
  const atEnds = table.columns
    .filter(({ column }) => first && named.includes(column) && !key.includes(column))
    .flatMap((column) => {
      const type = atHead.resolve(atHead.typeOf(table.table, column.column));
      const values = valuesAt(column, type).filter((value) => value !== null || statement.operation !== "filter");
      return values.map((value) => {
        const row = { ...first, [column.column]: value };
        return sampleOf(statement, key, statement.operation === "update" ? { ...first } : row, row);
      });
    });
  return [...again, ...atEnds].filter((one) => one !== undefined);
}
