// How long the static judge takes: releases of a large schema at each of many steps, each of which changes one table.
//   node --conditions=@thedata/source bench/src/compat.ts [tables] [releases] [steps]
import { readFile } from "node:fs/promises";
import type { Catalog, CatalogObject } from "@thedata/catalog";
import { type Contract, createJudge, parseContract } from "@thedata/releases";

const [tables = 500, releases = 10, steps = 100] = process.argv.slice(2).map(Number);
const file = new URL("../../packages/models/src/contract.json", import.meta.url);
const seed = parseContract(await readFile(file, "utf8"), "contract.json");

/** theData.io's contract with each table many times over, under other names. */
function enlarge({ tables: own, statements, schema, ...contract }: Contract, version: number): Contract {
  const copies = Array.from({ length: Math.ceil(tables / own.length) }, (_, copy) => copy);
  const rename = <Value>(value: Value, copy: number): Value =>
    JSON.parse(JSON.stringify(value).replaceAll(/public\.(\w+)/g, `public.$1_${copy}`)) as Value;
  const change = (column: CatalogObject): CatalogObject => ({ ...column, properties: { ...column.properties } });
  return {
    ...contract,
    version: `${version}.0.0`,
    tables: copies.flatMap((copy) => rename(own, copy)).slice(0, tables),
    statements: copies.flatMap((copy) => rename(statements, copy)),
    schema: copies.flatMap((copy) => rename(schema, copy)).map(change),
  };
}

const contracts = Array.from({ length: releases }, (_, index) => enlarge(seed, index + 1));
const first: Catalog = contracts[0]?.schema ?? [];
const columns = first.filter(({ kind }) => kind === "column");
/** Each step makes a column of another table nullable. */
const catalogs = Array.from({ length: steps }, (_, step): Catalog => {
  const changed = new Set(columns.slice(0, (step + 1) * 7).map(({ name }) => name));
  return first.map((one) =>
    changed.has(one.name) ? { ...one, properties: { type: one.properties["type"] ?? "" } } : one,
  );
});

const started = performance.now();
const found = contracts.flatMap((contract) => {
  const judge = createJudge(contract);
  return catalogs.map((catalog) => judge(catalog, "later").length);
});
const seconds = (performance.now() - started) / 1000;
const statements = contracts[0]?.statements.length ?? 0;
console.log(
  `${tables} tables, ${statements} statements, ${releases} releases, ${steps} steps: ${seconds.toFixed(1)} s (goal 20)`,
);
console.log(`findings at the last step: ${found.at(-1)}`);
