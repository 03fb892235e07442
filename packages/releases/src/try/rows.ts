import type { Query } from "@thedata/catalog";
import { quote } from "@thedata/catalog/sql";
import type { ContractTable } from "../contract/contract.ts";
import type { ArrangedSchema } from "../schema/arrange.ts";
import { columnsOf } from "../schema/schema.ts";
import { attempt } from "./attempt.ts";

/** A row's values as text. */
export type TextRow = Readonly<Record<string, string | null>>;

/** A row as the driver gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** The columns of a table's primary key, by their own names; empty: there is none. */
export function keyOf(schema: ArrangedSchema, table: string): string[] {
  const key = schema.of("constraint", table).find(({ properties }) => properties["type"] === "primary key");
  return key ? columnsOf(key) : [];
}

/** Some rows of a table, with those of the columns that are there; none where the role may not read it. */
export async function readRows(
  query: Query,
  { table, columns }: ContractTable,
  schema: ArrangedSchema,
  most: number,
): Promise<TextRow[]> {
  const names = columns.map(({ column }) => column).filter((column) => schema.columnOf(table, column));
  const key = keyOf(schema, table);
  if (key.length === 0 || !key.every((name) => names.includes(name))) return [];
  const listed = names.map((name) => `${quote(name)}::text as ${quote(name)}`).join(", ");
  const order = orderOf(schema, table, names, key).map((name) => `${quote(name)}::text collate "C"`);
  const sql = `select ${listed} from ${table} order by ${order.join(", ")} limit ${most}`;
  return (await attempt<TextRow>(query, sql)).rows ?? [];
}

/** The same rows in each run and on each server: what the server makes up, such as keys and times, decides last. */
function orderOf(schema: ArrangedSchema, table: string, names: readonly string[], key: readonly string[]): string[] {
  const isMadeUp = (name: string) =>
    /\(|^current_|^local/i.test(String(schema.columnOf(table, name)?.properties["default"] ?? ""));
  return [...names.filter((name) => !isMadeUp(name)), ...key];
}
