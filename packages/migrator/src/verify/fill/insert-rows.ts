import { type DatabaseError, escapeIdentifier } from "pg";
import type { Connection } from "../../postgres/connection.ts";
import { drawRow, redraw, type DrawnRow, type Source } from "./draw.ts";

/** How many rows were inserted, and why others were refused: each reason and how often. */
export interface Inserted {
  readonly rows: number;
  readonly refusals: ReadonlyMap<string, number>;
}

const firstTries = 300;
const laterTries = 80;

/** Inserts rows into one table by trial: a row that PostgreSQL refuses is drawn again. Call it inside a transaction. */
export async function insertRows(
  connection: Connection,
  wanted: number,
  prepare: (row: number) => Source,
): Promise<Inserted> {
  const refusals = new Map<string, number>();
  await connection.query("savepoint filling");
  for (let rows = 0; rows < wanted; rows++) {
    const tries = rows === 0 ? firstTries : laterTries;
    if (!(await insertRow(connection, prepare(rows), tries, refusals))) return { rows, refusals };
    await connection.query("release savepoint filling; savepoint filling");
  }
  return { rows: wanted, refusals };
}

async function insertRow(
  connection: Connection,
  source: Source,
  tries: number,
  refusals: Map<string, number>,
): Promise<boolean> {
  const row = drawRow(source);
  for (let attempt = 0; attempt < tries; attempt++) {
    const refusal = await tryRow(connection, source.table.name, row);
    if (refusal === undefined) return true;
    await connection.query("rollback to savepoint filling");
    const words = describe(refusal, source);
    refusals.set(words, (refusals.get(words) ?? 0) + 1);
    if (refusal.code === "23502" && refusal.column) source.required.add(refusal.column);
    const involved = involvedColumns(refusal, source);
    if (involved.length === 0) return false;
    redraw(source, row, involved);
  }
  return false;
}

type Refusal = Pick<DatabaseError, "message"> & Partial<Pick<DatabaseError, "code" | "column" | "constraint">>;

async function tryRow({ client }: Connection, table: string, row: DrawnRow): Promise<Refusal | undefined> {
  try {
    const { rowCount } = await client.query(insertSql(table, [...row.keys()]), [...row.values()]);
    return rowCount === 1 ? undefined : { message: "a trigger or rule discarded the rows" };
  } catch (error) {
    if ((error as DatabaseError).code === undefined) throw error;
    return error as DatabaseError;
  }
}

function insertSql(table: string, columns: readonly string[]): string {
  if (columns.length === 0) return `insert into ${table} default values`;
  const values = columns.map((_, index) => `$${index + 1}`);
  return `insert into ${table} (${columns.map(escapeIdentifier).join(", ")}) overriding system value values (${values.join(", ")})`;
}

/** The columns to draw again: those that the constraint looks at, or all. */
function involvedColumns({ code, column, constraint, message }: Refusal, { table, types, fixed }: Source): string[] {
  const drawable = table.columns
    .filter(({ name, generated }) => !generated && !fixed.has(name))
    .map(({ name }) => name);
  const among = (names: readonly string[]) => drawable.filter((name) => names.includes(name));
  if (code === "23502" && column) return among([column]);
  if (code === "23514" && message.startsWith("no partition"))
    return among(table.bounds.flatMap(({ columns }) => columns));
  const refusing = table.constraints.find(({ name }) => name === constraint);
  if (refusing && among(refusing.columns).length > 0) return among(refusing.columns);
  const domains = table.columns.filter(({ type }) => types.get(type)?.kind === "domain").map(({ name }) => name);
  return constraint !== undefined && code === "23514" && domains.length > 0 ? among(domains) : drawable;
}

function describe({ message, code, constraint, column }: Refusal, { table, keys }: Source): string {
  const key = table.constraints.find(
    ({ name, type }) =>
      type === "foreign key" &&
      (name === constraint ||
        (code === "23502" &&
          column !== undefined &&
          table.constraints.find((one) => one.name === name)?.columns.includes(column))),
  );
  if (key && (keys.get(key.name) ?? []).length === 0)
    return `${key.references} has no rows that ${key.columns.join(", ")} could refer to`;
  return constraint === undefined ? message : `constraint ${constraint} refused them`;
}
